/** I-BERT's functions against plain models of the same integer arithmetic, on every target, and against real functions. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Memory } from "../../codegen/memory.ts";
import { machines } from "../../nn/layer.fixture.ts";
import { roundEven } from "../quantiser.ts";
import { realGelu } from "../real-functions.ts";
import { geluConstants, layerNormConstants, layerNormShift, softmaxConstants } from "./constants.ts";
import {
  createIntegerGelu,
  createIntegerLayerNorm,
  createIntegerSoftmax,
  integerSquareRoots,
} from "./integer-functions.ts";
import { reciprocalOf } from "./parts.ts";

test("a reciprocal gives every quotient", () => {
  const number = fc.integer({ min: 0, max: 2 ** 20 });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5000 }), number, (divisor, x) => {
      const { multiplier, shift } = reciprocalOf(divisor, 2 ** 20);
      const quotient = (value: number): number =>
        Number((BigInt(value) * BigInt(multiplier)) >> BigInt(shift));
      // Next to a multiple is where it would go wrong.
      const multiple = Math.floor(x / divisor) * divisor;
      for (const value of [x, multiple, Math.max(0, multiple - 1), 2 ** 20])
        expect(quotient(value)).toBe(Math.floor(value / divisor));
    }),
    { numRuns: 2000 },
  );
});

test("constants that would not fit 32 bits are refused, with what to do", () => {
  expect(() => geluConstants(1e-6, 100)).toThrow(/polynomial to stay below 2\^31.*coarser scale/);
  expect(() => geluConstants(1 / 128, 2 ** 20)).toThrow(/the result to stay below/);
  expect(() => softmaxConstants(1, 8)).toThrow(/scale below ln 2/);
  expect(() => softmaxConstants(2 ** -10, 2 ** 20)).toThrow(/sum of a row/);
  expect(() => layerNormConstants([1e-6, 1], [100, 0])).toThrow(/bias over its weight/);
  for (const scale of [0, -1, Number.NaN]) expect(() => geluConstants(scale, 1)).toThrow(/positive scale/);
});

const integersBetween = (random: () => number, low: number, high: number, count: number): Int32Array =>
  Int32Array.from({ length: count }, () => low + Math.floor(random() * (high - low + 1)));

describe.each(machines)("on $target $isa", (machine) => {
  test.each(["paper", "author"] as const)(
    "GELU of the %s is its formula for every integer, and close to GELU",
    (source) => {
      const memory = new Memory(2 ** 18);
      const scale = source === "paper" ? 1 / 128 : 1 / 1024;
      const largest = 5 / scale;
      const q = Int32Array.from({ length: 2 * largest + 1 }, (_, i) => i - largest);
      const [from, to] = [memory.allocate("i32", q.length), memory.allocate("i32", q.length + 1)];
      from.view.set(q);
      to.view.fill(77);
      const operation = createIntegerGelu({ ...machine, memory, scale, largest, source });
      operation.run({ count: q.length, q: from.address, out: to.address });
      const { qb, qc, q1, shift, scaleOut } = operation;
      for (const [i, x] of q.entries()) {
        const inside = Math.min(Math.abs(x), -qb) + qb;
        const polynomial = Math.floor((Math.sign(x) * (inside ** 2 + qc)) / 2 ** shift);
        expect([x, to.view[i]]).toEqual([x, x * (polynomial + q1) + 0]);
        const real = realGelu(x * scale);
        expect(Math.abs((to.view[i] as number) * scaleOut - real)).toBeLessThan(0.03);
      }
      expect(to.view[q.length]).toBe(77);
    },
  );

  test("softmax is its formula on rows of any length, of negative numbers too", () => {
    let seed = 7;
    const random = (): number => {
      seed = (seed * 48271) % 2147483647;
      return seed / 2147483647;
    };
    for (const columns of [1, 3, 4, 15, 16, 17, 40]) {
      const rows = 5;
      const memory = new Memory(2 ** 18);
      const q = memory.allocate("i32", rows * columns);
      q.view.set(integersBetween(random, -3000, -100, rows * columns));
      const exp = memory.allocate("i32", rows * columns + 1);
      const sums = memory.allocate("i32", rows);
      const shares = memory.allocate("u8", rows * columns + 1);
      const scale = 1 / 100;
      const operation = createIntegerSoftmax({ ...machine, memory, scale, rows, columns });
      exp.view.fill(77);
      shares.view.fill(77);
      operation.exponentials({ q: q.address, exp: exp.address, sums: sums.address });
      operation.shares({ exp: exp.address, sums: sums.address, out: shares.address });
      const { ln2, qb, qc } = operation;
      for (let r = 0; r < rows; r++) {
        const row = [...q.view.subarray(r * columns, (r + 1) * columns)];
        const most = Math.max(...row);
        const expected = row.map((x) => {
          const z = Math.floor((most - x) / ln2);
          return Math.floor(((x - most + z * ln2 + qb) ** 2 + qc) / 2 ** z);
        });
        expect([...exp.view.subarray(r * columns, (r + 1) * columns)]).toEqual(expected);
        const total = expected.reduce((sum, each) => sum + each, 0);
        expect(sums.view[r]).toBe(total);
        const real = row.map((x) => Math.exp((x - most) * scale));
        const realTotal = real.reduce((sum, each) => sum + each, 0);
        for (const [i, e] of expected.entries()) {
          const share = Math.floor((e * Math.floor(2 ** 31 / total)) / 2 ** 23 + 0.5);
          expect(shares.view[r * columns + i]).toBe(Math.min(255, share));
          expect(
            Math.abs((shares.view[r * columns + i] as number) / 256 - (real[i] as number) / realTotal),
          ).toBeLessThan(0.02);
        }
      }
      expect([exp.view.at(-1), shares.view.at(-1)]).toEqual([77, 77]);
    }
  });

  test("layer normalisation is its formula, halves of a mean to the even neighbour, equal rows to the bias", () => {
    let seed = 11;
    const random = (): number => {
      seed = (seed * 48271) % 2147483647;
      return seed / 2147483647;
    };
    for (const [columns, range] of [
      [2, 50],
      [5, 300],
      [16, 30000],
      [33, 2000],
    ] as const) {
      const rows = 6;
      const memory = new Memory(2 ** 18);
      const q = memory.allocate("i32", rows * columns);
      q.view.set(integersBetween(random, -range, range, rows * columns));
      q.view.fill(9, 0, columns);
      const out = memory.allocate("i32", rows * columns + 1);
      out.view.fill(77);
      const weight = Float64Array.from({ length: columns }, (_, i) => (i % 2 ? -1 : 1) * (0.5 + random()));
      const bias = Float64Array.from({ length: columns }, () => random() - 0.5);
      const shift = layerNormShift(q.view, columns);
      const operation = createIntegerLayerNorm({ ...machine, memory, rows, weight, bias, shift });
      operation.run({ q: q.address, out: out.address });
      for (let r = 0; r < rows; r++) {
        const row = [...q.view.subarray(r * columns, (r + 1) * columns)];
        const mean = roundEven(row.reduce((sum, each) => sum + each, 0) / columns);
        const variance = row.reduce((sum, each) => sum + Math.floor((each - mean) / 2 ** shift) ** 2, 0);
        const deviation = Math.floor(Math.sqrt(variance)) * 2 ** shift;
        const factor = Math.min(2 ** 31 - 1, Math.floor(2 ** 31 / Math.max(deviation, 1)));
        const expected = row.map(
          (each, i) => Math.floor(((each - mean) * factor) / 2) + (operation.bias[i] as number),
        );
        expect([...out.view.subarray(r * columns, (r + 1) * columns)]).toEqual(expected);
        for (const [i, value] of expected.entries())
          if (r === 0) expect(value * (operation.scaleOut[i] as number)).toBeCloseTo(bias[i] as number, 6);
      }
      expect(out.view.at(-1)).toBe(77);
    }
  });

  test("square roots are whole at, below and above every kind of square, up to 2^32 - 1", () => {
    const numbers = [0, 1, 2, 3, 4, 8, 9, 15, 16, 17, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1];
    for (let bits = 2; bits < 16; bits++)
      for (const root of [2 ** bits, 2 ** bits + 1, 2 ** (bits + 1) - 1])
        numbers.push(root ** 2 - 1, root ** 2, root ** 2 + 1);
    const memory = new Memory(2 ** 16);
    const [n, root, iterations] = [0, 1, 2].map(() => memory.allocate("i32", numbers.length)) as [
      Room,
      Room,
      Room,
    ];
    n.view.set(numbers.map((value) => value | 0));
    integerSquareRoots(
      { ...machine, memory },
      { count: numbers.length, n: n.address, root: root.address, iterations: iterations.address },
    );
    expect([...root.view]).toEqual(numbers.map((value) => Math.floor(Math.sqrt(value))));
    expect(Math.max(...iterations.view)).toBeLessThan(8);
  });
});
type Room = { readonly view: Int32Array; readonly address: number };
