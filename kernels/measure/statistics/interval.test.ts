import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { randomStream } from "../../random.ts";
import { medianInterval, pairedRatio, rankInterval } from "./interval.ts";

const positive = fc.double({ noNaN: true, min: 1e-6, max: 1e6 });

/** Draws from a log-normal distribution with median 1, the usual shape of times. */
function logNormal(random: () => number): number {
  const u = Math.max(random(), 1e-12);
  return Math.exp(0.3 * Math.sqrt(-2 * Math.log(u)) * Math.cos(2 * Math.PI * random()));
}

/** How often out of 400 samples of n values the interval holds the true median, 1. */
function coverage(n: number, interval: (sample: number[]) => { low: number; high: number }): number {
  const random = randomStream(7);
  let held = 0;
  for (let trial = 0; trial < 400; trial++) {
    const { low, high } = interval(Array.from({ length: n }, () => logNormal(random)));
    if (low <= 1 && 1 <= high) held++;
  }
  return held / 400;
}

describe("medianInterval", () => {
  it("holds the true median in about 95 of 100 samples", () => {
    const stream = randomStream(11);
    // Three standard errors of a share of 0.95 out of 400 are 0.033.
    expect(coverage(25, (sample) => medianInterval(sample, stream))).toBeGreaterThan(0.95 - 0.035);
    expect(coverage(15, (sample) => medianInterval(sample, stream))).toBeGreaterThan(0.95 - 0.035);
  });

  it("is narrower for a larger sample of the same distribution", () => {
    const random = randomStream(3);
    const width = (n: number): number => {
      const { low, high } = medianInterval(
        Array.from({ length: n }, () => logNormal(random)),
        randomStream(5),
      );
      return high - low;
    };
    expect(width(400)).toBeLessThan(width(25) / 2);
  });

  it("holds the median of the sample and stays within its range", () => {
    fc.assert(
      fc.property(fc.array(positive, { minLength: 1, maxLength: 40 }), (sample) => {
        const { value, low, high } = medianInterval(sample, randomStream(1));
        expect(low).toBeLessThanOrEqual(value);
        expect(high).toBeGreaterThanOrEqual(value);
        expect(low).toBeGreaterThanOrEqual(Math.min(...sample));
        expect(high).toBeLessThanOrEqual(Math.max(...sample));
      }),
      { numRuns: 50 },
    );
  });

  it("has no width for one value and for equal values", () => {
    expect(medianInterval([4], randomStream(1))).toEqual({ value: 4, low: 4, high: 4 });
    expect(medianInterval([4, 4, 4], randomStream(1))).toEqual({ value: 4, low: 4, high: 4 });
  });
});

describe("pairedRatio", () => {
  it("recovers a ratio that drift hides from unpaired medians", () => {
    const random = randomStream(2);
    const drift = Array.from({ length: 40 }, (_, i) => 1 + i / 10);
    const b = drift.map((slow) => slow * (1 + 0.01 * random()));
    const a = drift.map((slow) => 1.1 * slow * (1 + 0.01 * random()));
    const paired = pairedRatio(a, b, randomStream(4));
    expect(paired.low).toBeGreaterThan(1.08);
    expect(paired.high).toBeLessThan(1.12);
    const unpairedWidth =
      medianInterval(a, randomStream(4)).high / medianInterval(b, randomStream(4)).low - 1.1;
    expect(unpairedWidth).toBeGreaterThan(0.2);
  });

  it("gives the reciprocal when the sides are exchanged", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(positive, positive), { minLength: 1, maxLength: 21 }), (pairs) => {
        const a = pairs.map(([x]) => x);
        const b = pairs.map(([, y]) => y);
        const forth = pairedRatio(a, b, randomStream(9));
        const back = pairedRatio(b, a, randomStream(9));
        expect(forth.value * back.value).toBeCloseTo(1, 9);
      }),
      { numRuns: 50 },
    );
  });

  it("refuses samples that are no pairs, and values that are not positive", () => {
    expect(() => pairedRatio([1], [1, 2], randomStream(1))).toThrow(/pairs were expected/);
    expect(() => pairedRatio([0], [1], randomStream(1))).toThrow(/positive/);
  });
});

describe("rankInterval", () => {
  it("takes the ranks of the published table", () => {
    // Conover 1999, table A3: for n = 15 the ranks are 4 and 12, for n = 20 they are 6 and 15.
    const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i + 1);
    expect(rankInterval(upTo(15))).toMatchObject({ low: 4, high: 12 });
    expect(rankInterval(upTo(20))).toMatchObject({ low: 6, high: 15 });
  });

  it("agrees with the normal approximation for thousands of values", () => {
    // Conover 1999, equation 3.2.4: the lower rank is about n / 2 - 0.98 sqrt(n).
    for (const n of [1000, 1075, 5000]) {
      const { low } = rankInterval(Array.from({ length: n }, (_, i) => i + 1));
      expect(Math.abs(low - (n / 2 - 0.98 * Math.sqrt(n)))).toBeLessThan(1.5);
    }
  });

  it("says nothing below six values", () => {
    expect(rankInterval([1, 2, 3, 4, 5])).toMatchObject({ low: -Infinity, high: Infinity });
    expect(rankInterval([1, 2, 3, 4, 5, 6])).toMatchObject({ low: 1, high: 6 });
  });

  it("holds the true median in at least about 95 of 100 samples", () => {
    expect(coverage(15, rankInterval)).toBeGreaterThan(0.95 - 0.035);
  });
});
