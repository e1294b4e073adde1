/**
 * Plans without packing are made for a shape: what a kernel does when another one is met.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Memory } from "../codegen/memory.ts";
import { createGemm } from "./gemm.ts";
import { allCuts, covers, cutsOf, directProgram } from "./programs/direct.ts";
import { planGemm } from "./variants.ts";

const tile = { rows: 4, vectors: 2, lanes: 4 };
const variant = "direct-4x8";
const length = fc.integer({ min: 1, max: 23 });

/** C of an m x n x k product whose operands hold different whole numbers, by a kernel made for `made`. */
function product(made: { m: number; n: number; k: number }, m: number, n: number, k: number): number[] {
  const memory = new Memory(65536);
  const [a, b, c] = [m * k, k * n, m * n].map((size) => memory.allocate("f32", size));
  if (!a || !b || !c) throw new Error("no operands");
  for (const [at, { view }] of [a, b].entries()) view.set(view.map((_, i) => ((i * 7 + at) % 11) - 5));
  const gemm = createGemm({ variant, target: "wasm", memory, shape: made });
  gemm.run({ m, n, k, a: a.address, b: b.address, c: c.address, beta: 0 });
  return [...c.view];
}

/** The definition, exact in whole numbers. */
function expected(m: number, n: number, k: number): number[] {
  const a = (i: number): number => ((i * 7) % 11) - 5;
  const b = (i: number): number => ((i * 7 + 1) % 11) - 5;
  return Array.from({ length: m * n }, (_, at) => {
    const [row, column] = [Math.floor(at / n), at % n];
    return Array.from({ length: k }, (_, p) => a(row * k + p) * b(p * n + column)).reduce((x, y) => x + y, 0);
  });
}

describe("tiles in place", () => {
  it("compute every shape up to the one that they were made for", () => {
    fc.assert(
      fc.property(length, length, length, length, (m, n, smallerM, smallerN) => {
        const [rows, columns] = [Math.min(m, smallerM), Math.min(n, smallerN)];
        expect(product({ m, n, k: 5 }, rows, columns, 5)).toEqual(expected(rows, columns, 5));
      }),
      { numRuns: 60 },
    );
  });

  it("are no more than four for one shape", () => {
    const { programs } = planGemm("direct-4x8", "f32", "wasm", { m: 23, n: 21, k: 9 });
    const sized = (program: unknown): number => JSON.stringify(program).length;
    expect(sized(programs.product)).toBeLessThan(sized(directProgram(tile, "f32")) / 2);
    expect(cutsOf(tile, 23, 21)).toEqual({ heights: [4, 3], whole: true, widths: [2] });
    expect(cutsOf(tile, 3, 4)).toEqual({ heights: [3], whole: false, widths: [1] });
  });

  it("cover the shape, and its parts in whole tiles", () => {
    fc.assert(
      fc.property(length, length, length, length, (m, n, rows, columns) => {
        const cuts = cutsOf(tile, m, n);
        expect(covers(cuts, tile, m, n)).toBe(true);
        const [partM, partN] = [Math.min(m, 4 * rows), Math.min(n, 8 * columns)];
        expect(covers(cuts, tile, partM, partN)).toBe(true);
        expect(covers(allCuts(tile), tile, rows, columns)).toBe(true);
      }),
    );
    expect(covers(cutsOf(tile, 8, 8), tile, 7, 8)).toBe(false);
    expect(covers(cutsOf(tile, 8, 8), tile, 8, 7)).toBe(false);
    expect(covers(cutsOf(tile, 3, 8), tile, 4, 8)).toBe(false);
    expect(covers(cutsOf(tile, 8, 7), tile, 8, 8)).toBe(false);
  });
});
