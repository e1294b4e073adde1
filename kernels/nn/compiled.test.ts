/** Compiled programs: one for each memory, machine and name. */
import { expect, it } from "vitest";
import { Memory } from "../codegen/memory.ts";
import { program } from "../codegen/program.ts";
import { kernelsOf } from "./compiled.ts";

const machine = { target: "js", arithmetic: "fast", element: "f32", lanes: 4 } as const;
const empty = () => program("empty", (b) => void b.integer("n"));
const never = () => {
  throw new Error("expected no second compilation");
};

it("is compiled when it is first asked for, and shared by all who ask", () => {
  const memory = new Memory(2 ** 16);
  const call = kernelsOf(memory, machine)("a", empty);
  expect(kernelsOf(memory, { ...machine })("a", never)).toBe(call);
});

it("is another one for another memory, machine or name", () => {
  const memory = new Memory(2 ** 16);
  const others = [
    kernelsOf(memory, machine)("b", empty),
    kernelsOf(new Memory(2 ** 16), machine)("a", empty),
    ...[{ lanes: 8 }, { element: "f64" }, { arithmetic: "strict" }, { target: "wasm" }, { threads: 2 }].map(
      (other) => kernelsOf(memory, { ...machine, ...(other as object) })("a", empty),
    ),
  ];
  const all = [kernelsOf(memory, machine)("a", empty), ...others];
  expect(new Set(all).size).toBe(all.length);
});
