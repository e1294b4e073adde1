/** The partition of C: that it covers C once, is balanced, cuts at the grain alone and does not change a bit. */
import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { Memory } from "../codegen/memory.ts";
import { randomStream } from "../random.ts";
import { splitsOf } from "../tune/point.ts";
import { fillRandom } from "./contest.ts";
import { createGemm } from "./gemm.ts";
import { type Part, partition } from "./partition.ts";
import type { Grain } from "./plan.ts";
import { gemmVariants, planGemm } from "./variants.ts";

const side = fc.integer({ min: 1, max: 3000 });
const problems = fc.record({
  shape: fc.record({ m: side, n: side, k: fc.integer({ min: 0, max: 3000 }) }),
  threads: fc.integer({ min: 1, max: 64 }),
  grain: fc.record({ rows: fc.integer({ min: 1, max: 50 }), columns: fc.integer({ min: 1, max: 50 }) }),
});

const areaOf = (parts: readonly Part[]): number =>
  parts.reduce((sum, { rows, columns }) => sum + rows * columns, 0);

const overlap = (a: Part, b: Part): boolean =>
  a.row < b.row + b.rows &&
  b.row < a.row + a.rows &&
  a.column < b.column + b.columns &&
  b.column < a.column + a.columns;

describe("the parts of C", () => {
  it("cover it exactly once, none empty, and no more of them than threads", () => {
    fc.assert(
      fc.property(problems, ({ shape, threads, grain }) => {
        const parts = partition(shape, threads, grain);
        expect(parts.length).toBeLessThanOrEqual(threads);
        expect(areaOf(parts)).toBe(shape.m * shape.n);
        for (const [i, part] of parts.entries()) {
          expect(part.rows * part.columns).toBeGreaterThan(0);
          expect(part.row + part.rows).toBeLessThanOrEqual(shape.m);
          expect(part.column + part.columns).toBeLessThanOrEqual(shape.n);
          expect(parts.slice(0, i).some((other) => overlap(other, part))).toBe(false);
        }
      }),
    );
  });

  it("begin at multiples of the grain and differ by at most one unit a side", () => {
    const units = (length: number, unit: number): number => Math.ceil(length / unit);
    fc.assert(
      fc.property(problems, ({ shape, threads, grain }) => {
        const parts = partition(shape, threads, grain);
        for (const { row, column } of parts)
          expect([row % grain.rows, column % grain.columns]).toEqual([0, 0]);
        const heights = parts.map(({ rows }) => units(rows, grain.rows));
        const widths = parts.map(({ columns }) => units(columns, grain.columns));
        expect(Math.max(...heights) - Math.min(...heights)).toBeLessThanOrEqual(1);
        expect(Math.max(...widths) - Math.min(...widths)).toBeLessThanOrEqual(1);
      }),
    );
  });

  it("are the same whenever they are asked for", () => {
    fc.assert(
      fc.property(problems, ({ shape, threads, grain }) => {
        expect(partition({ ...shape }, threads, grain)).toEqual(partition(shape, threads, { ...grain }));
      }),
    );
  });

  it("are as many rows and columns as a split asks for, as far as C has units", () => {
    const asked = problems.chain((problem) =>
      fc.constantFrom(...splitsOf(problem.threads)).map((split) => ({ ...problem, split })),
    );
    fc.assert(
      fc.property(asked, ({ shape, threads, grain, split }) => {
        const parts = partition(shape, threads, grain, split);
        expect(areaOf(parts)).toBe(shape.m * shape.n);
        const count = (places: readonly number[]): number => new Set(places).size;
        const [rows, columns] = [
          count(parts.map(({ row }) => row)),
          count(parts.map(({ column }) => column)),
        ];
        if (shape.m * shape.n * shape.k < 2 ** 19) expect(parts).toHaveLength(1);
        else {
          expect(rows).toBe(Math.min(split.rows, Math.ceil(shape.m / grain.rows)));
          expect(columns).toBe(Math.min(split.columns, Math.ceil(shape.n / grain.columns)));
        }
      }),
    );
  });

  it("are refused where a split asks for more of them than threads", () => {
    const shape = { m: 100, n: 100, k: 100 };
    expect(() => partition(shape, 2, { rows: 1, columns: 1 }, { rows: 2, columns: 2 })).toThrow(
      /at most 2.*2x2/,
    );
  });

  const tile: Grain = { rows: 6, columns: 8 };
  test.each([
    ["two threads halve a square by rows", [960, 960, 960], 2, ["480x960", "480x960"]],
    ["by columns where those alone divide evenly", [1024, 1024, 1024], 2, ["1024x512", "1024x512"]],
    [
      "four threads quarter it, which packs less than four stripes",
      [960, 960, 960],
      4,
      Array(4).fill("480x480"),
    ],
    ["a wide product is cut along its columns", [6, 4096, 512], 2, ["6x2048", "6x2048"]],
    ["a tall one along its rows", [4096, 8, 512], 2, ["2046x8", "2050x8"]],
    ["a thread without a unit of work gets none", [6, 8, 1e6], 4, ["6x8"]],
    ["a small product is left to one thread", [64, 64, 32], 4, ["64x64"]],
  ] as const)("%s", (_, [m, n, k], threads, expected) => {
    const parts = partition({ m, n, k }, threads, tile);
    expect(parts.map(({ rows, columns }) => `${rows}x${columns}`).sort()).toEqual([...expected]);
  });
});

describe.each(["js", "wasm"] as const)("on %s", (target) => {
  test.each(gemmVariants.map(({ example }) => [example] as const))(
    "%s computes the same bits in parts as in one piece",
    (variant) => {
      const random = randomStream(11);
      const whole = (most: number): number => 1 + Math.floor(random() * most);
      for (let trial = 0; trial < 6; trial++) {
        const shape = { m: whole(130), n: whole(130), k: whole(600) };
        const memory = new Memory(2 ** 22);
        const gemm = createGemm({ variant, target, memory, shape });
        const [a, b, once, inParts] = [
          [shape.m, shape.k],
          [shape.k, shape.n],
          [shape.m, shape.n],
          [shape.m, shape.n],
        ].map(([rows, columns]) => memory.allocate("f32", (rows as number) * (columns as number))) as Four;
        for (const { view } of [a, b, once]) fillRandom(view, random);
        inParts.view.set(once.view);
        const call = { ...shape, a: a.address, b: b.address, alpha: 0.7, beta: -1.3 };
        gemm.run({ ...call, c: once.address });
        // As many cuts as the grain allows: more threads than any machine, and enough work for each of them.
        for (const part of partition({ ...shape, k: 2 ** 30 }, 1 + trial * 5, planGemm(variant).grain))
          gemm.run({
            ...call,
            ...{ m: part.rows, n: part.columns, lda: shape.k, ldb: shape.n, ldc: shape.n },
            a: a.address + 4 * part.row * shape.k,
            b: b.address + 4 * part.column,
            c: inParts.address + 4 * (part.row * shape.n + part.column),
          });
        expect(Buffer.from(bitsOf(inParts.view)).equals(bitsOf(once.view)), JSON.stringify(shape)).toBe(true);
      }
    },
  );
});
type Four = [Room, Room, Room, Room];
type Room = { view: Float32Array; address: number };

const bitsOf = (view: Float32Array): Uint8Array =>
  new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
