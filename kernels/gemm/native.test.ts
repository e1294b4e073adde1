/**
 * GEMM as machine code: every level of x86-64 that this machine has, on random shapes and data, each result inside the
 * bound n * eps * |A||B| of the reference, and guard zones around every operand untouched. Skipped where machine code
 * cannot run.
 */
import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { Memory } from "../codegen/memory.ts";
import { nativeAvailability } from "../native/availability.ts";
import type { NativeIsa } from "../native/cpu-features.ts";
import { randomStream } from "../random.ts";
import type { GemmShape, Real } from "./arguments.ts";
import { createGemm } from "./gemm.ts";
import { createGemv, gemvVariants } from "./gemv.ts";
import { differsFromReference, type RealArray, referenceGemm } from "./reference.ts";

const availability = nativeAvailability();
const levels: readonly NativeIsa[] = !availability.available
  ? []
  : availability.isa === "avx512"
    ? ["avx2", "avx512"]
    : ["avx2"];

const variants = [
  "auto",
  "naive-ijk",
  "loop-ikj-simd",
  "blocked-32-simd",
  "register-2x32-simd",
  "packed-blocked",
  "micro-4x16",
  "micro-1x16",
  "direct-4x16",
  "direct-1x16",
] as const;

const guard = -77.125;
const guardElements = 64;

/** Values that find mistakes: everyday ones, and those at the ends of the format. */
function fill(view: RealArray, random: () => number, extremes: boolean): void {
  const special = [0, -0, 1e-42, -1e-45, 1e18, Number.NaN, Infinity, -Infinity];
  for (let i = 0; i < view.length; i++)
    view[i] =
      extremes && random() < 0.02
        ? (special[Math.floor(random() * special.length)] as number)
        : 2 * random() - 1;
}

interface Problem extends GemmShape {
  readonly padding: readonly [number, number, number];
  readonly alpha: number;
  readonly beta: number;
  readonly extremes: boolean;
  readonly seed: number;
}

/** Runs one problem on fresh guarded operands; what differs from the reference, or null. */
function run(variant: string, isa: NativeIsa, element: Real, problem: Problem): string | null {
  const { m, n, k, padding, alpha, beta, extremes, seed } = problem;
  const [lda, ldb, ldc] = [k + padding[0], n + padding[1], n + padding[2]];
  // Operands with guards, and a packed copy of A and of B.
  const memory = new Memory(8 * (2 * (m * lda + k * ldb) + m * ldc) + 2 ** 19);
  const random = randomStream(seed);
  const operands = [m * lda, k * ldb, m * ldc].map((size) => {
    const room = memory.allocate(element, size + 2 * guardElements);
    const view = room.view as RealArray;
    view.fill(guard);
    fill(view.subarray(guardElements, guardElements + size) as RealArray, random, extremes);
    return {
      view,
      inside: view.subarray(guardElements, guardElements + size) as RealArray,
      address: room.address,
    };
  });
  const [a, b, c] = operands as [(typeof operands)[0], (typeof operands)[0], (typeof operands)[0]];
  const before = operands.map(({ view }) => view.slice() as RealArray);
  const offset = guardElements * a.view.BYTES_PER_ELEMENT;
  const gemm = createGemm({ variant, target: "native", memory, shape: { m, n, k }, element, isa });
  const place = { a: a.address + offset, b: b.address + offset, c: c.address + offset };
  gemm.run({ m, n, k, ...place, lda, ldb, ldc, alpha, beta });
  expect(a.view).toEqual(before[0]);
  expect(b.view).toEqual(before[1]);
  const old = before[2] as RealArray;
  for (const [at, value] of c.view.entries()) {
    const inside = at - guardElements;
    const owned = inside >= 0 && inside < m * ldc && inside % ldc < n;
    if (!owned && !Object.is(value, old[at])) expect.fail(`wrote beside C at ${inside}`);
  }
  const input = {
    ...{ m, n, k, lda, ldb, ldc, alpha, beta },
    a: a.inside,
    b: b.inside,
    c: old.subarray(guardElements, guardElements + m * ldc) as RealArray,
  };
  return differsFromReference(referenceGemm(input, element), c.inside, ldc);
}

const side = (most: number): fc.Arbitrary<number> =>
  fc.oneof(
    fc.integer({ min: 1, max: 9 }),
    fc.constantFrom(14, 15, 16, 17, 31, 32, 33),
    fc.integer({ min: 1, max: most }),
  );

const problems: fc.Arbitrary<Problem> = fc.record({
  m: side(80),
  n: side(100),
  k: side(300),
  padding: fc.tuple(fc.nat(5), fc.nat(5), fc.nat(5)),
  alpha: fc.constantFrom(1, 1, -0.75, 3),
  beta: fc.constantFrom(0, 1, -0.5),
  extremes: fc.boolean(),
  seed: fc.nat(),
});

describe.each(levels)("on %s", (isa) => {
  test.each(variants)("%s agrees with the reference and writes nothing else", (variant) => {
    fc.assert(
      fc.property(problems, (problem) => {
        expect(run(variant, isa, "f32", problem)).toBeNull();
      }),
      { numRuns: variant === "auto" ? 200 : 40 },
    );
  });

  test.each(["auto", "packed-blocked", "naive-ijk"])("%s agrees in double precision", (variant) => {
    fc.assert(
      fc.property(problems, (problem) => {
        expect(run(variant, isa, "f64", problem)).toBeNull();
      }),
      { numRuns: 40 },
    );
  });

  test.each([
    [{ m: 470, n: 70, k: 530 }],
    [{ m: 33, n: 2100, k: 270 }],
    [{ m: 1, n: 700, k: 300 }],
    [{ m: 700, n: 1, k: 300 }],
    [{ m: 300, n: 8, k: 517 }],
  ] as const)("several blocks, a single row and a single column are right, %o", (shape) => {
    const rest = { padding: [3, 0, 5], alpha: 1, beta: 1, extremes: false, seed: 5 } as const;
    for (const variant of ["auto", "packed-blocked"])
      expect(run(variant, isa, "f32", { ...shape, ...rest })).toBeNull();
  });

  it("computes in strict arithmetic the bits of JavaScript where the order of the sum is the same", () => {
    const memory = new Memory(2 ** 20);
    const shape = { m: 37, n: 45, k: 53 };
    const random = randomStream(9);
    const [a, b] = [memory.allocate("f32", 37 * 53), memory.allocate("f32", 53 * 45)];
    for (const { view } of [a, b]) fill(view, random, false);
    const results = (["js", "native"] as const).map((target) => {
      const c = memory.allocate("f32", 37 * 45);
      const options = { memory, shape, arithmetic: "strict", isa } as const;
      createGemm({ variant: "packed-blocked", target, ...options }).run({
        ...shape,
        a: a.address,
        b: b.address,
        c: c.address,
      });
      return c.view;
    });
    expect(results[1]).toEqual(results[0]);
  });

  test.each(gemvVariants.map(({ id }) => id))("%s agrees with the reference", (variant) => {
    const memory = new Memory(2 ** 20);
    const [m, n] = [123, 257];
    const random = randomStream(3);
    const [a, x, y] = [m * n, n, m].map((size) => memory.allocate("f32", size)) as [Room, Room, Room];
    for (const { view } of [a, x, y]) fill(view, random, false);
    const input = { m, n: 1, k: n, a: a.view, b: x.view, c: y.view.slice(), alpha: 1.5, beta: -1 };
    const gemv = createGemv({ variant, target: "native", memory, isa });
    gemv.run({ m, n, a: a.address, x: x.address, y: y.address, alpha: 1.5, beta: -1 });
    expect(differsFromReference(referenceGemm(input), y.view)).toBeNull();
  });
});

type Room = { view: Float32Array; address: number };

test.runIf(levels.length === 0)("machine code is not to be had here, and the reason is told", () => {
  const memory = new Memory(4096);
  const shape = { m: 4, n: 4, k: 4 };
  expect(() => createGemm({ variant: "auto", target: "native", memory, shape })).toThrow(/Choose wasm/);
});
