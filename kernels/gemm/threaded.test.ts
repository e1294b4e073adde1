/** GEMM on several threads: the same bits as on one, in the same places, and the same refusals. */
import { afterAll, describe, expect, it, test } from "vitest";
import { Memory } from "../codegen/memory.ts";
import { randomStream } from "../random.ts";
import { endTeams, teamOf } from "../threads/team.ts";
import { splitsOf } from "../tune/point.ts";
import type { Real } from "./arguments.ts";
import { fillRandom } from "./contest.ts";
import { createGemm } from "./gemm.ts";
import type { Split } from "./partition.ts";
import { differsFromReference, referenceGemm } from "./reference.ts";
import { gemmVariants } from "./variants.ts";

afterAll(endTeams);

/** How a matrix lies in memory: elements of a row, and elements of a column, are so far apart. */
type Layout = (rows: number, columns: number) => { readonly stride: number; readonly step: number };

const layouts = {
  byRows: (_, columns) => ({ stride: columns + 3, step: 1 }),
  byColumns: (rows) => ({ stride: 1, step: rows + 2 }),
  scattered: (_, columns) => ({ stride: 2 * columns + 1, step: 2 }),
} satisfies Record<string, Layout>;

/** A matrix of random numbers with NaN around it and between its rows, in shared memory. */
function matrix(memory: Memory, element: Real, layout: Layout, rows: number, columns: number) {
  const { stride, step } = layout(rows, columns);
  const { view, address } = memory.allocate(element, rows * stride + columns * step + 32);
  view.fill(Number.NaN);
  const start = 16;
  const random = randomStream(rows + 1000 * columns);
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < columns; j++) view[start + i * stride + j * step] = 2 * random() - 1;
  return { view, address: address + start * view.BYTES_PER_ELEMENT, stride, step };
}

const bytes = (view: Float32Array | Float64Array): Buffer =>
  Buffer.from(view.buffer, view.byteOffset, view.byteLength);

interface Trial {
  readonly variant: string;
  readonly target: "js" | "wasm";
  readonly threads: number;
  readonly element?: Real;
  readonly seed: number;
  readonly split?: Split;
  /** Of A, B and C. */
  readonly lie?: readonly [Layout, Layout, Layout];
}

const plain = [layouts.byRows, layouts.byRows, layouts.byRows] as const;

/** Runs one product on one thread and on several, and compares everything in and around C bit by bit. */
function agrees({ variant, target, threads, split, element = "f32", seed, lie = plain }: Trial): void {
  const random = randomStream(seed);
  const from = (least: number, most: number): number => least + Math.floor(random() * (most - least + 1));
  const shape = { m: from(1, 150), n: from(1, 150), k: from(1, 400) };
  const memory = new Memory(2 ** 23, { shared: true });
  const a = matrix(memory, element, lie[0], shape.m, shape.k);
  const b = matrix(memory, element, lie[1], shape.k, shape.n);
  const one = matrix(memory, element, lie[2], shape.m, shape.n);
  const several = matrix(memory, element, lie[2], shape.m, shape.n);
  const call = {
    ...{ ...shape, alpha: 0.7, beta: seed % 3 === 0 ? 0 : random() - 0.5 },
    ...{ a: a.address, lda: a.stride, csa: a.step, b: b.address, ldb: b.stride, csb: b.step },
    ...{ ldc: one.stride, csc: one.step },
  };
  const options = { variant, target, memory, shape, element };
  createGemm(options).run({ ...call, c: one.address });
  const gemm = createGemm({ ...options, threads, ...(split && { split }) });
  gemm.run({ ...call, c: several.address });
  gemm.release();
  const what = `${variant} ${JSON.stringify(shape)} ${seed}`;
  expect(bytes(several.view).equals(bytes(one.view)), what).toBe(true);
}

describe.each([2, 3])("on %i threads", (threads) => {
  test.each(gemmVariants.map(({ example }) => [example] as const))(
    "%s has the bits of one thread",
    (variant) => {
      for (let seed = 1; seed <= 3; seed++) agrees({ variant, target: "wasm", threads, seed });
      agrees({ variant, target: "js", threads, seed: 6 });
    },
  );

  const best = { variant: "packed-blocked", target: "wasm", threads } as const;

  it("has them in double precision, and on many shapes", () => {
    for (let seed = 10; seed < 20; seed++) agrees({ ...best, element: "f64", seed });
    for (let seed = 20; seed < 50; seed++) agrees({ ...best, seed });
  });

  it("has them however C is cut", () => {
    const columnMajor = [layouts.byRows, layouts.byColumns, layouts.byColumns] as const;
    for (const split of splitsOf(threads))
      for (let seed = 60; seed < 64; seed++) {
        agrees({ ...best, split, seed });
        agrees({ ...best, split, seed, lie: columnMajor });
        agrees({ ...best, variant: "tuned-4x8v128-inplace", split, seed });
      }
  });

  it("has them however A, B and C lie in memory", () => {
    const all = Object.values(layouts);
    let seed = 100;
    for (const ofC of all)
      for (const ofA of all) for (const ofB of all) agrees({ ...best, seed: seed++, lie: [ofA, ofB, ofC] });
  });
});

it("agrees with the reference on products of several blocks, again and again", () => {
  const shape = { m: 250, n: 1100, k: 600 };
  const memory = new Memory(2 ** 24, { shared: true });
  const [a, b, c] = [shape.m * shape.k, shape.k * shape.n, shape.m * shape.n].map((length) =>
    memory.allocate("f32", length),
  ) as [Room, Room, Room];
  const random = randomStream(3);
  for (const { view } of [a, b]) fillRandom(view, random);
  const expected = referenceGemm({ ...shape, a: a.view, b: b.view });
  const gemm = createGemm({ variant: "packed-blocked", target: "wasm", memory, shape, threads: 2 });
  for (let time = 0; time < 20; time++) {
    c.view.fill(Number.NaN);
    gemm.run({ ...shape, a: a.address, b: b.address, c: c.address });
    expect(differsFromReference(expected, c.view)).toBeNull();
  }
});
type Room = { view: Float32Array; address: number };

it("needs a shared memory", () => {
  const shape = { m: 8, n: 8, k: 8 };
  const memory = new Memory(65536);
  expect(() => createGemm({ variant: "packed", target: "wasm", memory, shape, threads: 2 })).toThrow(
    /expected shared memory for 2 threads.*shared: true/s,
  );
});

it("refuses what one thread refuses, in the same words", () => {
  const shape = { m: 200, n: 200, k: 200 };
  const memory = new Memory(2 ** 23, { shared: true });
  const options = { variant: "packed-blocked", target: "wasm", memory, shape } as const;
  const gemms = [createGemm(options), createGemm({ ...options, threads: 2 })];
  const call = { ...shape, a: 64, b: 64 + 4 * 200 * 200, c: 64 + 8 * 200 * 200 };
  const mistakes = [{ m: 201 }, { lda: 199 }, { c: call.a + 4 }, { a: 66 }, { b: memory.bytes - 4 }];
  for (const mistake of mistakes) {
    const [one, two] = gemms.map((gemm) => {
      try {
        gemm.run({ ...call, ...mistake });
        return "ran";
      } catch (error) {
        return (error as Error).message;
      }
    });
    expect(one).toMatch(/expected/);
    expect(two).toBe(one);
  }
});

it("does not run on a team that has gone, and does on the next", async () => {
  const shape = { m: 200, n: 200, k: 200 };
  const memory = new Memory(2 ** 23, { shared: true });
  const options = { variant: "packed-blocked", target: "wasm", memory, shape, threads: 2 } as const;
  const operands = { a: 64, b: 64 + 4 * 200 * 200, c: 64 + 8 * 200 * 200 };
  memory.allocate("f32", 3 * 200 * 200);
  const gemm = createGemm(options);
  const before = teamOf(2);
  await endTeams();
  expect(() => gemm.run({ ...shape, ...operands })).toThrow(/create the tasks anew/);
  expect(teamOf(2)).not.toBe(before);
  createGemm(options).run({ ...shape, ...operands });
});
