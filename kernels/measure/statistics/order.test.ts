import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ascending, fences, median, quantile } from "./order.ts";

const finite = fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e9, max: 1e9 });

describe("quantile", () => {
  it("agrees with definition 7 on a published example", () => {
    // R: quantile(c(1, 2, 3, 4, 10), c(0, .25, .4, .5, .9, 1))
    const sorted = ascending([10, 4, 3, 2, 1]);
    const expected = [1, 2, 2.6, 3, 7.6, 10];
    [0, 0.25, 0.4, 0.5, 0.9, 1].forEach((p, i) => {
      expect(quantile(sorted, p)).toBeCloseTo(expected[i] as number, 12);
    });
  });

  it("returns an order statistic that it meets exactly, whatever follows", () => {
    expect(quantile(ascending([-0, 5]), 0)).toBe(-0);
    expect(quantile(ascending([1, 2, Number.POSITIVE_INFINITY]), 0.5)).toBe(2);
  });

  it("never leaves the range of the sample and never falls as p grows", () => {
    fc.assert(
      fc.property(fc.array(finite, { minLength: 1, maxLength: 30 }), (sample) => {
        const sorted = ascending(sample);
        const values = Array.from({ length: 11 }, (_, i) => quantile(sorted, i / 10));
        expect(values[0]).toBe(sorted[0]);
        expect(values[10]).toBe(sorted.at(-1));
        for (let i = 1; i < values.length; i++)
          expect(values[i]).toBeGreaterThanOrEqual(values[i - 1] as number);
      }),
    );
  });
});

describe("median", () => {
  it("takes the middle value, or the mean of the two middle ones", () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 2, 3])).toBe(2.5);
  });

  it("does not move when the largest value does", () => {
    expect(median([1, 2, 3, 4, 5])).toBe(median([1, 2, 3, 4, 5e9]));
  });

  it("refuses an empty sample and NaN", () => {
    expect(() => median([])).toThrow(/at least one value/);
    expect(() => median([1, Number.NaN])).toThrow(/NaN/);
  });
});

describe("fences", () => {
  it("lie so many interquartile ranges beyond the quartiles", () => {
    // Quartiles of 0, 0.1 … 10 are 2.5 and 7.5.
    const sample = Array.from({ length: 101 }, (_, i) => i / 10);
    expect(fences(sample, 1.5)).toEqual([-5, 15]);
    expect(fences(sample.toReversed(), 3)).toEqual([-12.5, 22.5]);
  });

  it("do not move with the size of the values beyond them", () => {
    const sample = [1, 2, 3, 4, 5, 6, 7, 8, 100];
    expect(fences(sample, 3)).toEqual(fences([...sample.slice(0, -1), 1e9], 3));
  });
});
