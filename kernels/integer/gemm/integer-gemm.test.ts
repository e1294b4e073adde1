/** The integer GEMM against its definition: exact, on every target and level, at the edges of tiles and blocks. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { hasVnni, type KernelTarget } from "../../codegen/compile.ts";
import { Memory } from "../../codegen/memory.ts";
import { nativeAvailability } from "../../native/availability.ts";
import { integerIn, randomStream } from "../../random.ts";
import { createIntegerGemm, type IntegerGemmOptions } from "./integer-gemm.ts";
import { referenceProduct } from "./reference.ts";
import { integerTiles, type LeftBytes } from "./tiles.ts";

type Level = Pick<IntegerGemmOptions, "target" | "isa" | "vnni">;

function levels(): (readonly [string, Level])[] {
  const portable = (["js", "wasm"] as const).map((target: KernelTarget) => [target, { target }] as const);
  const availability = nativeAvailability();
  if (!availability.available) return portable;
  const isas = availability.isa === "avx512" ? (["avx2", "avx512"] as const) : (["avx2"] as const);
  const native = isas.flatMap((isa) =>
    (hasVnni(isa) ? [true, false] : [false]).map(
      (vnni) => [`${isa}${vnni ? " with VNNI" : ""}`, { target: "native", isa, vnni }] as const,
    ),
  );
  return [...portable, ...native];
}

const guard = 77;

interface Problem {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly left: LeftBytes;
  readonly transposed: boolean;
  /** Bytes by which rows are longer than they need be, and by which operands begin after a multiple of 64. */
  readonly slack: number;
  readonly leftZeroPoint: number;
  readonly rightZeroPoint: number;
  readonly seed: number;
}

/** Runs one problem; what is found in C, its guards included, and what must be found. */
function solve(level: Level, problem: Problem): { found: number[]; expected: number[] } {
  const { m, n, k, left, transposed, slack, leftZeroPoint, rightZeroPoint } = problem;
  const memory = new Memory(2 ** 23);
  const gemm = createIntegerGemm({ ...level, memory, shape: { m, n, k }, left });
  const random = randomStream(problem.seed);
  const next = (): number => integerIn(random, 0, 255);
  const [lda, ldb, ldc] = [k + slack, (transposed ? k : n) + slack, n + slack];
  const fill = (view: Int8Array | Uint8Array): typeof view =>
    view.map(() => (left === "u7" ? next() & 127 : next()));
  const a = memory.allocate(left === "i8" ? "i8" : "u8", m * lda + slack);
  const b = memory.allocate("i8", (transposed ? n : k) * ldb + slack);
  const bias = memory.allocate("i32", n);
  const c = memory.allocate("i32", m * ldc + 16);
  a.view.set(fill(a.view));
  b.view.set(b.view.map(() => next()));
  bias.view.set(bias.view.map(() => Math.imul(next(), 1 << 20)));
  c.view.fill(guard);
  const zero = { leftZeroPoint, rightZeroPoint };
  const right = { b: b.address + slack, n, k, ldb, transposed, ...zero, bias: bias.address };
  const packed = gemm.pack(right);
  gemm.run({ a: a.address + slack, m, lda, c: c.address, ldc }, packed);
  const operands = { a: a.view.subarray(slack), b: b.view.subarray(slack), bias: bias.view };
  const product = referenceProduct({ m, n, k, lda, ldb, transposed, ...zero, ...operands });
  const expected = Array.from({ length: m * ldc + 16 }, (_, at) => {
    const [i, j] = [Math.floor(at / ldc), at % ldc];
    return i < m && j < n ? (product[i * n + j] as number) : guard;
  });
  return { found: [...c.view], expected };
}

describe.each(levels())("%s", (_, level) => {
  test.each(["i8", "u8", "u7"] as const)(
    "random products of %s are exact, and nothing else is written",
    (left) => {
      const size = fc.oneof(
        fc.integer({ min: 1, max: 40 }),
        fc.constantFrom(1, 4, 5, 6, 12, 13, 16, 32, 33, 64),
      );
      fc.assert(
        fc.property(
          ...([size, size, size, fc.boolean(), fc.constantFrom(0, 1, 4, 7)] as const),
          ...([fc.integer({ min: -128, max: 255 }), fc.constantFrom(0, 0, -3), fc.integer()] as const),
          (m, n, k, transposed, slack, leftZeroPoint, rightZeroPoint, seed) => {
            const { found, expected } = solve(level, {
              ...{ m, n, k, left, transposed, slack, leftZeroPoint, rightZeroPoint, seed },
            });
            expect(found).toEqual(expected);
          },
        ),
        { numRuns: 25 },
      );
    },
  );

  test("blocks of every loop follow each other: rows, columns and steps beyond one block", () => {
    const { mc, nc, kc } = integerTiles[0] as (typeof integerTiles)[number];
    const shapes = [
      [mc + 5, 40, 37],
      [3, nc + 33, 9],
      [7, 35, 4 * kc + 6],
    ] as const;
    for (const [m, n, k] of shapes)
      for (const transposed of [false, true]) {
        const problem = {
          m,
          n,
          k,
          left: "i8",
          transposed,
          slack: 0,
          leftZeroPoint: 3,
          rightZeroPoint: 0,
          seed: 5,
        };
        const { found, expected } = solve(level, problem as Problem);
        expect(found).toEqual(expected);
      }
  });
});

test("a row of tiles fits every left operand on every level, and its sizes are whole tiles", () => {
  for (const { id, mr, nr, mc, nc, kc, lanes } of integerTiles)
    expect([id, mc % mr, nc % nr, kc % 2, nr % lanes]).toEqual([id, 0, 0, 0, 0]);
});

test("operands that do not fit are refused before anything runs", () => {
  const memory = new Memory(65536);
  const shape = { m: 4, n: 4, k: 4 };
  expect(() => createIntegerGemm({ target: "js", memory, shape: { ...shape, k: 0 }, left: "i8" })).toThrow(
    /whole k/,
  );
  const gemm = createIntegerGemm({ target: "js", memory, shape, left: "i8" });
  const b = { b: 64, n: 4, k: 4, ldb: 4 };
  expect(() => gemm.pack({ ...b, n: 5, ldb: 5 })).toThrow(/at most 4 x 4; found 4 x 5/);
  expect(() => gemm.pack({ ...b, ldb: 3 })).toThrow(/rows of B at least 4/);
  const packed = gemm.pack(b);
  expect(() => gemm.run({ a: 64, m: 5, lda: 4, c: 128 }, packed)).toThrow(/1 to 4 rows/);
  expect(() => gemm.run({ a: memory.bytes - 8, m: 4, lda: 4, c: 128 }, packed)).toThrow(/A inside of/);
  expect(() => gemm.run({ a: 64, m: 4, lda: 4, c: 130 }, packed)).toThrow(/multiple of 4/);
});
