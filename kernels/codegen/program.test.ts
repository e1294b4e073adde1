import { expect, test } from "vitest";
import { compile, kernelText } from "./compile.ts";
import { ProgramError } from "./errors.ts";
import {
  add,
  at,
  constant,
  convert,
  lane,
  less,
  load,
  multiplyAdd,
  type Name,
  or,
  reinterpret,
  remainder,
  round,
  scale,
  select,
  shiftLeft,
  splat,
} from "./expressions.ts";
import { Memory } from "./memory.ts";
import { type ProgramBuilder, program } from "./program.ts";

const f32 = { element: "f32", lanes: 1 } as const;
const f32x4 = { element: "f32", lanes: 4 } as const;

function build(write: (b: ProgramBuilder) => void): () => unknown {
  return () => program("sample", write);
}

test("a compound expression may be used once only", () => {
  const twice = build((b) => {
    const x = b.pointer("x", "f32");
    const value = load(at(x));
    b.store(at(x, 1), add(value, value));
  });
  expect(twice).toThrow(/second use of the same "load"\. Name it with let\(\)/);
});

test("a name ends with its block", () => {
  const escaping = build((b) => {
    const x = b.pointer("x", "f32");
    let inner: Name | undefined;
    b.loop("i", 0, 4, {}, (i) => {
      inner = b.let("v", load(at(x, i)));
    });
    b.store(at(x), inner as Name);
  });
  expect(escaping).toThrow(/v\. Its block has ended: define a variable before the block/);
});

test("a name of another program is refused", () => {
  let stranger: Name | undefined;
  program("other", (b) => {
    stranger = b.scalar("alpha", "f32");
  });
  expect(build((b) => b.store(at(b.pointer("x", "f32")), stranger as Name))).toThrow(/another program/);
});

test("only variables change, and only to their own type", () => {
  expect(build((b) => b.set(b.let("v", constant(1, f32)), constant(2, f32)))).toThrow(/which is constant/);
  expect(build((b) => b.set(b.variable("v", constant(1, f32)), constant(2)))).toThrow(/found a value of i32/);
});

test("operands of different types are refused with the remedy", () => {
  expect(() => add(constant(1, f32), constant(1, f32x4))).toThrow(/found f32 and f32x4\. Use splat/);
  expect(() => multiplyAdd(constant(1, f32), constant(1, f32), constant(1))).toThrow(ProgramError);
  expect(() => select(less(constant(1), constant(2)), constant(1, f32x4), constant(2, f32x4))).toThrow(
    /mask of 4 lanes/,
  );
  expect(() => splat(constant(1, f32x4), 4)).toThrow(/expected a scalar/);
  expect(() => lane(constant(1, f32x4), 4)).toThrow(/lane from 0 to 3/);
  expect(() => round(constant(1))).toThrow(/floating-point operand; found i32/);
  expect(() => scale(constant(1), constant(1))).toThrow(/floating-point operands; found i32/);
  expect(() => or(constant(1, f32), constant(1, f32))).toThrow(/i32 operands; found f32/);
  expect(() => reinterpret(constant(1, { element: "f64", lanes: 2 }), "i32")).toThrow(
    /f32 as i32, or i32 as f32; found f64x2 as i32\. Use scale/,
  );
  expect(() => convert(constant(1, f32x4), "f64")).toThrow(/lane by lane/);
  expect(() => shiftLeft(constant(1), 32)).toThrow(/0 to 31 bits/);
  expect(() => remainder(constant(1), 0)).toThrow(/positive whole divisor/);
  expect(() => constant(1.5)).toThrow(/integer of 32 bits/);
});

test("parameters come first, names are plain words", () => {
  const late = build((b) => {
    b.comment("statement");
    b.integer("n");
  });
  expect(late).toThrow(/parameters before the first statement/);
  for (const name of ["for", "a_b", "", "1x", "fround"])
    expect(build((b) => b.integer(name))).toThrow(/a name of letters/);
});

test("an error carries its parts as data", () => {
  try {
    program("sample", (b) => b.loop("i", 0, 4, { step: 0 }, () => {}));
    expect.unreachable();
  } catch (error) {
    expect((error as ProgramError).complaint).toEqual({
      expected: "a positive whole step and unroll",
      found: "0 and 1",
      remedy: "Count upwards by a constant.",
    });
  }
});

test.each(["js", "wasm"] as const)(
  "an unrolled loop on %s visits every index once, whatever the bounds",
  (target) => {
    const memory = new Memory(4096);
    const seen = memory.allocate("i32", 64);
    for (const unroll of [2, 3, 4])
      for (const step of [1, 2]) {
        const count = program("count", (b) => {
          const from = b.integer("from");
          const to = b.integer("to");
          const out = b.pointer("out", "i32");
          b.loop("i", from, to, { unroll, step }, (i) => b.store(at(out, i), add(load(at(out, i)), 1)));
        });
        const kernel = compile(count, target, memory);
        for (const [from, to] of [
          [0, 0],
          [0, 1],
          [3, 2],
          [5, 0],
          [2, 17],
          [0, 12],
          [1, 9],
        ] as const) {
          seen.view.fill(0);
          kernel.call(from, to, seen.address);
          const expected = Array.from({ length: 64 }, (_, i) =>
            i >= from && i < to && (i - from) % step === 0 ? 1 : 0,
          );
          expect([...seen.view]).toEqual(expected);
        }
      }
  },
);

test("a kernel refuses missing and misaligned arguments", () => {
  const memory = new Memory(1024);
  const store = program("store", (b) => {
    const n = b.integer("n");
    const x = b.pointer("x", "f32");
    b.store(at(x, n), constant(1, f32));
  });
  const kernel = compile(store, "js", memory);
  expect(() => kernel.call(1)).toThrow(/expected 2 arguments; found 1\. Call it as \(n, \*x\)/);
  expect(() => kernel.call(1, 66)).toThrow(/x to be a multiple of 4; found 66/);
  expect(() => kernel.call(0.5, 64)).toThrow(/n to be a multiple of 1; found 0\.5/);
});

test("a vector that a target has not is refused", () => {
  const memory = new Memory(1024);
  const wide = program("wide", (b) => {
    const x = b.pointer("x", "f32");
    b.store(at(x), load(at(x), 8));
  });
  expect(() => compile(wide, "wasm", memory)).toThrow(/found f32x8\. Build the program with 4 lanes/);
  const wider = program("wider", (b) => {
    const x = b.pointer("x", "f32");
    b.store(at(x), load(at(x), 16));
  });
  expect(() => kernelText(wider, "native", { isa: "avx2" })).toThrow(/Build the program with 8 lanes/);
  expect(compile(wide, "js", memory).call(64)).toBeUndefined();
});
