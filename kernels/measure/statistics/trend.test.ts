import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { randomStream } from "../../random.ts";
import { rankCorrelation, trendOf } from "./trend.ts";

const finite = fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e6, max: 1e6 });
const sample = fc.array(finite, { minLength: 3, maxLength: 30 });

describe("trendOf", () => {
  it("is 1 for what always rises and -1 for what always falls, however fast", () => {
    expect(trendOf([1, 2, 4, 800]).correlation).toBeCloseTo(1, 12);
    expect(trendOf([9, 8, 1, -5]).correlation).toBeCloseTo(-1, 12);
  });

  it("agrees with the sum of squared rank differences where there are no ties", () => {
    // rho = 1 - 6 sum(d^2) / (n (n^2 - 1)); ranks 2 1 4 3 5 against 1 2 3 4 5: sum(d^2) = 4, n = 5.
    expect(trendOf([20, 10, 40, 30, 50]).correlation).toBeCloseTo(1 - (6 * 4) / (5 * 24), 12);
  });

  it("gives equal values their mean rank", () => {
    // R: cor(c(1, 1, 2), 1:3, method = "spearman") is 0.8660254.
    expect(trendOf([1, 1, 2]).correlation).toBeCloseTo(Math.sqrt(3) / 2, 12);
  });

  it("is nothing for equal values and for fewer than three", () => {
    expect(trendOf([5, 5, 5, 5])).toEqual({ correlation: 0, score: 0 });
    expect(trendOf([1, 2])).toEqual({ correlation: 0, score: 0 });
  });

  it("changes sign when the sample is read backwards, and not at all when it is stretched", () => {
    fc.assert(
      fc.property(sample, (values) => {
        const { correlation } = trendOf(values);
        expect(trendOf(values.toReversed()).correlation).toBeCloseTo(-correlation, 9);
        expect(trendOf(values.map((x) => 2 * x)).correlation).toBeCloseTo(correlation, 9);
        expect(Math.abs(correlation)).toBeLessThanOrEqual(1 + 1e-12);
      }),
    );
  });

  it("calls a sample without order a trend in about 1 of 100 cases", () => {
    const random = randomStream(3);
    const trials = 2000;
    const surprising = Array.from({ length: trials }, () =>
      trendOf(Array.from({ length: 20 }, () => random())),
    ).filter(({ score }) => Math.abs(score) > 2.58).length;
    // Three standard errors of a share of 0.01 out of 2000 are 0.007.
    expect(surprising / trials).toBeLessThan(0.017);
    expect(surprising).toBeGreaterThan(0);
  });
});

describe("rankCorrelation", () => {
  it("is 1 where two samples rise together, whatever their scales, and -1 where they cross", () => {
    expect(rankCorrelation([3, 1, 2], [300, -1, 5])).toBeCloseTo(1, 12);
    expect(rankCorrelation([1, 2, 3], [9, 4, 1])).toBeCloseTo(-1, 12);
  });

  it("follows the textbook's formula where there are no ties: 1 - 6 sum(d^2) / (n (n^2 - 1))", () => {
    // Differences of ranks 0, 1, -1, 0: 1 - 6 * 2 / (4 * 15).
    expect(rankCorrelation([1, 2, 3, 4], [10, 30, 20, 40])).toBeCloseTo(0.8, 12);
  });

  it("is zero where one does not vary, and refuses samples of different lengths", () => {
    expect(rankCorrelation([1, 1, 1], [1, 2, 3])).toBe(0);
    expect(() => rankCorrelation([1, 2], [1])).toThrow(/pairs were expected/);
  });
});
