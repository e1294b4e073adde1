import fc from "fast-check";
import { expect, test } from "vitest";
import { compile } from "../codegen/compile.ts";
import { Memory } from "../codegen/memory.ts";
import { createGemm } from "./gemm.ts";
import { createGemv, gemvVariants } from "./gemv.ts";
import { axpyProgram, dotProgram } from "./programs/vectors.ts";
import { differsFromReference, referenceGemm } from "./reference.ts";

const most = 70;
const size = fc.oneof(fc.nat(10), fc.integer({ min: 1, max: most }));

function operands() {
  const memory = new Memory(1 << 16);
  const [a, x, y] = [most * (most + 3), most, most].map((length) => memory.allocate("f32", length)) as [
    Room,
    Room,
    Room,
  ];
  return { memory, a, x, y };
}
type Room = { view: Float32Array; address: number };

const targets = ["js", "wasm"] as const;
const cases = targets.flatMap((target) => gemvVariants.map(({ id }) => [id, target] as const));

test.each(cases)("%s on %s agrees with the reference on any shape", (variant, target) => {
  const { memory, a, x, y } = operands();
  const gemv = createGemv({ variant, target, memory });
  fc.assert(
    fc.property(
      size,
      size,
      fc.nat(3),
      fc.constantFrom(0, 1, -1.5),
      fc.constantFrom(0, 1, 2),
      (m, n, pad, alpha, beta) => {
        for (const [i, { view }] of [a, x, y].entries())
          for (let e = 0; e < view.length; e++) view[e] = Math.sin(e * e + i);
        const before = y.view.slice();
        gemv.run({ m, n, a: a.address, lda: n + pad, x: x.address, y: y.address, alpha, beta });
        const reference = referenceGemm({
          m,
          n: 1,
          k: n,
          a: a.view,
          lda: n + pad,
          b: x.view,
          c: before,
          alpha,
          beta,
        });
        expect(differsFromReference(reference, y.view)).toBeNull();
        expect(y.view.subarray(m)).toEqual(before.subarray(m));
      },
    ),
    { numRuns: 60 },
  );
});

test("GEMV by rows has the bits of GEMM with one column", () => {
  const { memory, a, x, y } = operands();
  const z = memory.allocate("f32", most);
  const gemv = createGemv({ variant: "gemv-dot", target: "wasm", memory, arithmetic: "strict" });
  const gemm = createGemm({
    variant: "naive-ijk",
    target: "wasm",
    memory,
    arithmetic: "strict",
    shape: { m: most, n: 1, k: most },
  });
  for (const { view } of [a, x]) for (let i = 0; i < view.length; i++) view[i] = Math.sin(i * i) * 1e3;
  gemv.run({ m: most, n: 61, a: a.address, x: x.address, y: y.address });
  gemm.run({ m: most, n: 1, k: 61, a: a.address, b: x.address, c: z.address });
  expect(y.view).toEqual(z.view);
});

test("unknown variants and overlapping vectors are refused", () => {
  const { memory, a, x } = operands();
  expect(() => createGemv({ variant: "gemv", target: "js", memory })).toThrow(
    /gemv-dot, gemv-dot-simd, gemv-columns/,
  );
  const gemv = createGemv({ variant: "gemv-dot", target: "js", memory });
  expect(() => gemv.run({ m: 2, n: 2, a: a.address, x: x.address, y: x.address })).toThrow(
    /c to lie apart from b/,
  );
});

test.each(targets.flatMap((target) => [1, 4].map((lanes) => [target, lanes] as const)))(
  "dot and axpy on %s with %i lanes",
  (target, lanes) => {
    const { memory, x, y, a } = operands();
    const dot = compile(dotProgram("f32", lanes), target, memory, { arithmetic: "strict" });
    const axpy = compile(axpyProgram("f32", lanes), target, memory, { arithmetic: "strict" });
    for (const n of [0, 1, 3, 4, 5, 31, 32, 33, 67]) {
      // Whole numbers, so that sums are exact in any order.
      for (let i = 0; i < most; i++) {
        x.view[i] = (i * 7) % 11;
        y.view[i] = (i * 5) % 13;
      }
      const expected = x.view
        .subarray(0, n)
        .reduce((sum, value, i) => sum + value * (y.view[i] as number), 0);
      const added = y.view.map((value, i) => (i < n ? value + 3 * (x.view[i] as number) : value));
      dot.call(n, x.address, y.address, a.address);
      expect(a.view[0]).toBe(expected);
      axpy.call(n, 3, x.address, y.address);
      expect(y.view).toEqual(added);
    }
  },
);
