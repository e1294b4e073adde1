/**
 * One test body over every variant and target: the right numbers on any shape, nothing written beside C, the bits
 * that strict arithmetic promises, and mistakes refused before code runs.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Arithmetic } from "../codegen/arithmetic.ts";
import { Memory } from "../codegen/memory.ts";
import type { Real } from "./arguments.ts";
import { createGemm, gemmText, traceGemm } from "./gemm.ts";
import { type MachineRow, machineRows } from "./machines.ts";
import { differsFromReference, type RealArray, referenceGemm } from "./reference.ts";
import { gemmVariants, planGemm } from "./variants.ts";

const targets = ["js", "wasm"] as const;
type Target = (typeof targets)[number];
const variants = [
  ...gemmVariants.map((variant) => variant.example),
  "loop-jki",
  "blocked-5",
  "micro-3x4",
  "packed-2x8",
];
const largest = { m: 40, n: 40, k: 40 };

interface Problem {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  /** Elements that each row of A, B and C is longer than the matrix is wide. */
  readonly padding: readonly [number, number, number];
  readonly alpha: number;
  readonly beta: number;
}

const side = fc.oneof(
  fc.nat(13),
  fc.constantFrom(1, 3, 4, 5, 6, 7, 8, 9, 16, 17),
  fc.integer({ min: 1, max: 40 }),
);
const problems: fc.Arbitrary<Problem> = fc.record({
  m: side,
  n: side,
  k: side,
  padding: fc.tuple(fc.nat(5), fc.nat(5), fc.nat(5)),
  alpha: fc.constantFrom(1, 0, -1, 0.5, 3.25),
  beta: fc.constantFrom(0, 1, -2, 0.75),
});

/** A kernel with operands in guarded allocations. */
function bench(variant: string, target: Target, arithmetic: Arithmetic = "fast", element: Real = "f32") {
  const memory = new Memory(1 << 17);
  const gemm = createGemm({ variant, target, memory, shape: largest, arithmetic, element });
  const room = (largest.m + 6) * (largest.n + 6);
  const operands = [0, 1, 2].map(() => memory.allocate(element, room));
  const guard = -12345.5;
  /** Fills operands from the seed, runs, and checks that nothing but C was written. */
  const run = (
    problem: Problem,
    seed: number,
  ): { input: Parameters<typeof referenceGemm>[0]; c: RealArray; ldc: number } => {
    const { m, n, k, alpha, beta, padding } = problem;
    const [a, b, c] = operands as [(typeof operands)[0], (typeof operands)[0], (typeof operands)[0]];
    const [lda, ldb, ldc] = [k + padding[0], n + padding[1], n + padding[2]];
    for (const { view } of operands) view.fill(guard);
    let state = seed;
    const next = (): number => {
      state = (Math.imul(state, 1103515245) + 12345) | 0;
      return (state >> 8) / 2 ** 23;
    };
    const fill = (view: RealArray, rows: number, columns: number, stride: number): void => {
      for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) view[i * stride + j] = next();
    };
    fill(a.view as RealArray, m, k, lda);
    fill(b.view as RealArray, k, n, ldb);
    fill(c.view as RealArray, m, n, ldc);
    const before = operands.map(({ view }) => view.slice() as RealArray) as [RealArray, RealArray, RealArray];
    gemm.run({ m, n, k, a: a.address, b: b.address, c: c.address, lda, ldb, ldc, alpha, beta });
    expect(a.view).toEqual(before[0]);
    expect(b.view).toEqual(before[1]);
    const result = c.view as RealArray;
    for (let i = 0; i < result.length; i++)
      if (i % ldc >= n || i >= m * ldc) if (result[i] !== before[2][i]) expect.fail(`wrote beside C at ${i}`);
    return {
      input: { m, n, k, a: before[0], b: before[1], c: before[2], lda, ldb, ldc, alpha, beta },
      c: result,
      ldc,
    };
  };
  return { run, operands, gemm };
}

describe.each(targets)("on %s", (target) => {
  test.each(variants)("%s agrees with the reference on any shape and writes nothing else", (variant) => {
    const { run } = bench(variant, target);
    fc.assert(
      fc.property(problems, fc.nat(), (problem, seed) => {
        const { input, c, ldc } = run(problem, seed);
        expect(differsFromReference(referenceGemm(input), c, ldc)).toBeNull();
      }),
      { numRuns: 40 },
    );
  });

  test.each(variants)("%s agrees in double precision", (variant) => {
    const id = planExists(variant, "f64") ? variant : "micro-4x4";
    const { run } = bench(id, target, "fast", "f64");
    fc.assert(
      fc.property(problems, fc.nat(), (problem, seed) => {
        const { input, c, ldc } = run(problem, seed);
        expect(differsFromReference(referenceGemm(input, "f64"), c, ldc)).toBeNull();
      }),
      { numRuns: 8 },
    );
  });
});

function planExists(variant: string, element: Real): boolean {
  try {
    return planGemm(variant, element).variant === variant;
  } catch {
    return false;
  }
}

test.each(variants)("%s in strict arithmetic has the same bits on js and wasm", (variant) => {
  const [js, wasm] = targets.map((target) => bench(variant, target, "strict")) as [Bench, Bench];
  fc.assert(
    fc.property(problems, fc.nat(), (problem, seed) => {
      expect(wasm.run(problem, seed).c).toEqual(js.run(problem, seed).c);
    }),
    { numRuns: 15 },
  );
});
type Bench = ReturnType<typeof bench>;

test("tiles of every height and width around a micro-kernel's are right", () => {
  const { mr, nr } = { mr: 6, nr: 8 };
  const { run } = bench("packed-blocked", "wasm");
  for (const m of [1, mr - 1, mr, mr + 1, 2 * mr, 3 * mr - 1])
    for (const n of [1, nr - 1, nr, nr + 1, 2 * nr, 3 * nr - 1])
      for (const k of [1, 3, 4, 5]) {
        const { input, c, ldc } = run({ m, n, k, padding: [1, 0, 2], alpha: 1, beta: 1 }, m * n * k);
        expect(differsFromReference(referenceGemm(input), c, ldc)).toBeNull();
      }
});

const severalBlocks = [
  { m: 205, n: 70, k: 523 },
  { m: 7, n: 1100, k: 515 },
];
test.each(targets.flatMap((target) => severalBlocks.map((shape) => [target, shape] as const)))(
  "several blocks in each direction are right on %s, %o",
  (target, shape) => {
    const [{ blocking }] = machineRows as [MachineRow];
    const { mc, nc, kc } = blocking;
    expect(shape.m > mc || shape.n > nc).toBe(true);
    expect(shape.k).toBeGreaterThan(kc);
    const memory = new Memory(1 << 24);
    for (const variant of ["packed", "packed-blocked", "register-4x4-simd-blocked"]) {
      const mark = memory.mark();
      const gemm = createGemm({ variant, target, memory, shape });
      const sizes = [shape.m * shape.k, shape.k * shape.n, shape.m * shape.n];
      const [a, b, c] = sizes.map((size) => memory.allocate("f32", size)) as [Room, Room, Room];
      for (const { view } of [a, b]) for (let i = 0; i < view.length; i++) view[i] = Math.sin(i * i);
      gemm.run({ ...shape, a: a.address, b: b.address, c: c.address });
      const reference = referenceGemm({ ...shape, a: a.view, b: b.view });
      expect(differsFromReference(reference, c.view)).toBeNull();
      memory.release(mark);
    }
  },
);
type Room = { view: Float32Array; address: number };

describe.each(variants)("%s", (variant) => {
  const small = { m: 7, n: 9, k: 6, padding: [0, 0, 0], alpha: 1 } as const;

  test("overwrites NaN in C where beta is 0, and spreads it where beta is not", () => {
    for (const beta of [0, 2]) {
      const { gemm, operands } = bench(variant, "wasm");
      const [a, b, c] = operands.map(({ address }) => address) as [number, number, number];
      operands[2]?.view.fill(Number.NaN);
      gemm.run({ m: 3, n: 5, k: 2, a, b, c, beta });
      expect(
        [...(operands[2]?.view.subarray(0, 15) ?? [])].every((value) =>
          Object.is(value, beta === 0 ? 0 : Number.NaN),
        ),
      ).toBe(true);
    }
  });

  test("spreads NaN and infinity of the operands to where they count, also in edge tiles", () => {
    for (const target of targets) {
      const { gemm, operands } = bench(variant, target);
      const [a, b, c] = operands as [Room, Room, Room];
      for (const { view } of operands) view.fill(1);
      const { m, n, k } = small;
      a.view[2 * k + 1] = Number.NaN;
      b.view[3 * n + 8] = Infinity;
      gemm.run({ m, n, k, a: a.address, b: b.address, c: c.address });
      for (let i = 0; i < m; i++)
        for (let j = 0; j < n; j++)
          expect(c.view[i * n + j]).toBe(i === 2 ? Number.NaN : j === 8 ? Infinity : k);
    }
  });

  test("the product with the identity is the matrix, and scaling by alpha scales the result", () => {
    const { gemm, operands } = bench(variant, "wasm");
    const [a, b, c] = operands as [Room, Room, Room];
    const n = 11;
    for (let i = 0; i < n * n; i++) {
      a.view[i] = Math.sin(i + 1);
      b.view[i] = i % (n + 1) === 0 ? 1 : 0;
    }
    gemm.run({ m: n, n, k: n, a: a.address, b: b.address, c: c.address });
    expect([...c.view.subarray(0, n * n)]).toEqual([...a.view.subarray(0, n * n)]);
    gemm.run({ m: n, n, k: n, a: a.address, b: b.address, c: c.address, alpha: -4 });
    expect([...c.view.subarray(0, n * n)]).toEqual([...a.view.subarray(0, n * n)].map((value) => -4 * value));
  });

  test("its trace stays inside operands and workspace, and stores every element of C", () => {
    const { m, n, k } = small;
    const args = { m, n, k, a: 0, b: 4096, c: 8192, beta: 1 };
    const stored = new Set<number>();
    const loaded = new Set<number>();
    traceGemm(variant, args, (address, bytes, isStore) => {
      for (let byte = 0; byte < bytes; byte += 4) (isStore ? stored : loaded).add(address + byte);
    });
    const matrix = (start: number, size: number): number[] =>
      Array.from({ length: size }, (_, i) => start + 4 * i);
    const own = [...matrix(0, m * k), ...matrix(4096, k * n), ...matrix(8192, m * n)];
    for (const address of own) expect(loaded).toContain(address);
    expect([...stored].filter((address) => address < 12288).sort((x, y) => x - y)).toEqual(
      matrix(8192, m * n),
    );
    expect([...loaded].filter((address) => address < 12288).length).toBe(own.length);
  });

  test("shows its generated code on both targets", () => {
    expect(gemmText(variant, "js")).toContain("function ");
    expect(gemmText(variant, "wasm")).toContain("(module");
  });
});

test("mistakes are refused before generated code runs", () => {
  const { gemm, operands } = bench("packed-blocked", "wasm");
  const [a, b, c] = operands.map(({ address }) => address) as [number, number, number];
  const good = { m: 4, n: 5, k: 6, a, b, c };
  const wrong = [
    [{ m: -1 }, /m to be a whole number from 0 to 40; found -1/],
    [{ n: 2.5 }, /n to be a whole number/],
    [{ k: 41 }, /k to be a whole number from 0 to 40; found 41.*`shape`/],
    [{ lda: 5 }, /lda to be at least the row length 6; found 5/],
    [{ ldb: -5 }, /ldb to be at least the row length 5; found -5. .*negative strides/],
    [{ c: c + 2 }, /c as an address of f32/],
    [{ a: 1 << 20 }, /a as an address of f32 with 96 bytes/],
    [{ c: a + 4 }, /c to lie apart from a/],
    [{ c: b }, /c to lie apart from b/],
  ] as const;
  operands[2]?.view.fill(7);
  for (const [change, message] of wrong) expect(() => gemm.run({ ...good, ...change })).toThrow(message);
  expect(operands[2]?.view.every((value) => value === 7)).toBe(true);
  gemm.run(good);
  expect(operands[2]?.view[0]).toBe(0);
});

test("every variant's id is one family's alone", () => {
  for (const id of variants)
    expect(gemmVariants.filter((variant) => variant.pattern.test(id))).toHaveLength(1);
  expect(new Set(gemmVariants.map((variant) => variant.id)).size).toBe(gemmVariants.length);
});

test("an unknown variant and an impossible tile say what there is", () => {
  expect(() => planGemm("fastest")).toThrow(/expected one of naive-ijk, .*; found "fastest"/);
  expect(() => planGemm("micro-4x6")).toThrow(/columns in multiples of 4/);
  expect(() => planGemm("micro-0x4")).toThrow(/at least one row/);
  expect(() => planGemm("register-64x64")).toThrow(/at most 256 sums/);
});

test("the counted accesses of register tiles are their formulas", () => {
  const n = 16;
  const counts = (variant: string): { loads: number; stores: number } => {
    const counted = { loads: 0, stores: 0 };
    traceGemm(variant, { m: n, n, k: n, a: 0, b: 4096, c: 8192, beta: 1 }, (_, __, isStore) => {
      if (isStore) counted.stores++;
      else counted.loads++;
    });
    return counted;
  };
  expect(counts("memory-1x1")).toEqual({ loads: 3 * n ** 3, stores: n ** 3 });
  for (const [mr, nr] of [
    [1, 1],
    [1, 4],
    [4, 1],
    [4, 4],
    [2, 8],
  ] as const)
    expect(counts(`register-${mr}x${nr}`)).toEqual({
      loads: n ** 3 / nr + n ** 3 / mr + n ** 2,
      stores: n ** 2,
    });
});
