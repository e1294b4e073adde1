import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { randomStream } from "../random.ts";
import { dotErrors, dotFused, dotRoundedTwice } from "./dot.ts";
import { exactSum } from "./exact-sum.ts";
import { multiplyByMacs, multiplyByMma, type Product } from "./mma.ts";

/** The value of a float64 in units of 2^-1074, which every float64 is a whole number of. */
function inSmallestUnits(value: number): bigint {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  const bits = view.getBigUint64(0);
  const exponent = (bits >> 52n) & 0x7ffn;
  const fraction = bits & ((1n << 52n) - 1n);
  const magnitude = exponent === 0n ? fraction : (fraction | (1n << 52n)) << (exponent - 1n);
  return bits >> 63n ? -magnitude : magnitude;
}

describe("exactSum", () => {
  it("is the float64 nearest to the sum that integers give, or its neighbour", () => {
    const finite = fc.double({ noNaN: true, min: -1e200, max: 1e200 });
    fc.assert(
      fc.property(fc.array(finite, { maxLength: 40 }), (terms) => {
        const sum = exactSum(terms);
        const exact = terms.reduce((total, term) => total + inSmallestUnits(term), 0n);
        const off = inSmallestUnits(sum) - exact;
        const distance = off < 0n ? -off : off;
        const magnitude = exact < 0n ? -exact : exact;
        expect(distance <= magnitude >> 52n).toBe(true);
      }),
    );
  });

  it("survives total cancellation", () => {
    expect(exactSum([1e100, 1, -1e100, 1e-30, -1])).toBe(1e-30);
  });
});

describe("float32 dot products", () => {
  it("keep what two roundings lose: (1 + e)(1 - e) - 1 is -e² when fused and 0 when not", () => {
    const e = 2 ** -13;
    const a = Float32Array.of(-1, 1 + e);
    const b = Float32Array.of(1, 1 - e);
    expect(dotFused(a, b)).toBe(-(e ** 2));
    expect(dotRoundedTwice(a, b)).toBe(0);
    expect(dotErrors(a, b, [dotFused(a, b), dotRoundedTwice(a, b)])).toEqual([0, e ** 2]);
  });

  it("agree with float64 to float32 accuracy", () => {
    const random = randomStream(1);
    const draw = (): Float32Array => Float32Array.from({ length: 1000 }, () => random());
    const [a, b] = [draw(), draw()];
    const expected = a.reduce((sum, value, i) => sum + value * (b[i] as number), 0);
    expect(dotFused(a, b) / expected).toBeCloseTo(1, 4);
    expect(dotRoundedTwice(a, b) / expected).toBeCloseTo(1, 4);
  });
});

describe("MMA steps", () => {
  const product = (m: number, n: number, k: number): Product => ({
    m,
    n,
    k,
    a: Float32Array.from({ length: m * k }, (_, i) => (i % 7) - 3),
    b: Float32Array.from({ length: k * n }, (_, i) => (i % 5) - 2),
    c: Float32Array.from({ length: m * n }, (_, i) => i % 3),
  });

  it("accumulate the product, as a float64 triple sum gives it", () => {
    const p = product(8, 12, 16);
    const expected = p.c.map((c, at) => {
      const [i, j] = [Math.floor(at / p.n), at % p.n];
      let sum = c;
      for (let q = 0; q < p.k; q++) sum += (p.a[i * p.k + q] as number) * (p.b[q * p.n + j] as number);
      return sum;
    });
    const byMma = { ...p, c: p.c.slice() };
    multiplyByMma(byMma, { m: 4, n: 4, k: 8 });
    expect(byMma.c).toEqual(expected);
    multiplyByMacs(p);
    expect(p.c).toEqual(expected);
  });

  it("read (m+n)k values for mnk multiply-accumulates", () => {
    const counts = multiplyByMma(product(8, 12, 16), { m: 4, n: 2, k: 8 });
    expect(counts).toEqual({ steps: 24, macs: 8 * 12 * 16, operandReads: 24 * (4 + 2) * 8 });
  });

  it("refuse a product that the shape does not divide, naming the side", () => {
    expect(() => multiplyByMma(product(8, 12, 15), { m: 4, n: 4, k: 4 })).toThrow(
      /k to be a multiple of 4.*15/,
    );
  });
});
