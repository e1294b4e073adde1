/** The real program compiling models from files. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { bertLayer, smallCnn } from "../kernels/compile/onnx/exported-models.fixture.ts";
import { runProgramWith } from "./program.fixture.ts";

let home: string;
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), "kdaccel-compile-"));
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

function file(name: string, content: Uint8Array): string {
  const path = join(home, name);
  writeFileSync(path, content);
  return path;
}

const compile = (...args: string[]) =>
  runProgramWith(["compile", ...args], { home, entry: "main.ts", env: { KDACCEL_TARGET: "" } });

it("shows what passes make of a model, what runs, and that it is right", async () => {
  const { code, stdout, stderr } = await compile(file("cnn.onnx", smallCnn()), "--target", "wasm");
  expect({ code, stderr }).toEqual({ code: 0, stderr: "cnn.onnx: 16 nodes, compiled for wasm.\n" });
  expect(stdout).toMatch(/^given +16 +0 /m);
  expect(stdout).toMatch(/^fuse +7 +4 /m);
  expect(stdout).toMatch(/product +f32\[2,10\] +\S+ tiles, weights packed, add$/m);
  expect(stdout).toMatch(/^The outputs agree with the float64 reference/m);
  expect(stdout).toMatch(/^compiled speed-up \S+ \[.*\] over node-by-node: /m);
});

it("says the same as one document", async () => {
  const path = file("bert.onnx", bertLayer());
  const { code, stdout } = await compile(path, "--target", "js", "--json");
  const document = JSON.parse(stdout);
  expect(code).toBe(0);
  expect(document).toMatchObject({
    schema: "kdaccel/compile/1",
    model: "bert.onnx",
    target: "js",
    wrong: null,
  });
  expect(document.stages[0]).toMatchObject({ stage: "given", fused: 0 });
  expect(document.memory.arenaBytes).toBeLessThan(document.memory.sumBytes);
  expect(document.measurements).toContainEqual(
    expect.objectContaining({
      variant: "compiled",
      metric: "speed-up",
      against: { variant: "node-by-node", target: "js" },
    }),
  );
});

it("fixes sides that the file only names", async () => {
  const path = file("named.onnx", smallCnn(13, "batch"));
  const refused = await compile(path);
  expect(refused.code).toBe(2);
  expect(refused.stderr).toMatch(/side 0 with the name "batch"[\s\S]*--dim batch=1/);
  const { code, stdout } = await compile(path, "--dim", "batch=3", "--target", "wasm", "--json");
  expect(code).toBe(0);
  expect(JSON.parse(stdout).inputs[0].type.shape).toEqual([3, 1, 28, 28]);
});

it.each([
  ["a truncated file", () => [file("cut.onnx", smallCnn().subarray(0, 5000))], /expected a whole ONNX model/],
  [
    "a file of another kind",
    () => [file("text.onnx", new TextEncoder().encode("no model"))],
    /ONNX file: expected/,
  ],
  [
    "an unknown operator set",
    () => [file("old.onnx", smallCnn(5))],
    /expected operator set 7 to 21; found 5/,
  ],
  ["no file", () => [join(home, "absent.onnx")], /found ENOENT/],
  ["a folder", () => [home], /expected a file; found a folder/],
  ["an unknown target", () => [file("cnn.onnx", smallCnn()), "--target", "gpu"], /Targets are js, wasm/],
  ["a side without a size", () => [file("cnn.onnx", smallCnn()), "--dim", "batch"], /Give a name and a size/],
])("refuses %s as wrong usage", async (_, args, message) => {
  const { code, stdout, stderr } = await compile(...args());
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr).toMatch(message);
  expect(stderr).not.toMatch(/fault of kdaccel|\n {4}at /);
});
