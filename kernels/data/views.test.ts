import { describe, expect, it } from "vitest";
import { DataError } from "./data-set.ts";
import { featureVectors, multiView } from "./multi-view.ts";
import { bothViewsError, oneViewError, twoView, viewDirections } from "./two-view.ts";

const dot = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).reduce((sum, value, at) => sum + value * (b[at] as number), 0);

describe("two-view", () => {
  /** Errors of the best classifiers of one and of both views over simulated examples. */
  function errorsAt(correlation: number, count: number): { one: number; both: number } {
    const options = { correlation, dimension: 4, sizes: { test: count } };
    const set = twoView(options);
    const [a, b] = viewDirections(options);
    let [one, both] = [0, 0];
    for (let index = 0; index < count; index++) {
      const { first = [], second = [], label } = set.example("test", index);
      const plus = label?.[0] === 1;
      // The joint discriminant: inverse covariance times the difference of the centres.
      const joint = dot(first, a) + dot(second, b) - correlation * (dot(first, b) + dot(second, a));
      if (dot(first, a) > 0 !== plus) one++;
      if (joint > 0 !== plus) both++;
    }
    return { one: one / count, both: both / count };
  }

  it("has the least errors that its formulas say, independent or correlated", () => {
    const count = 20_000;
    const margin = 4 * Math.sqrt(0.16 / count);
    for (const correlation of [0, 0.6]) {
      const measured = errorsAt(correlation, count);
      const options = { correlation, dimension: 4 };
      expect(Math.abs(measured.one - oneViewError(options))).toBeLessThan(margin);
      expect(Math.abs(measured.both - bothViewsError(options))).toBeLessThan(margin);
    }
    expect(oneViewError()).toBeCloseTo(0.1586552539, 9);
  });

  it("correlates the noise of equal coordinates by as much as asked", () => {
    const set = twoView({ correlation: 0.7, distance: 0 });
    const rows = Array.from({ length: 2000 }, (_, index) => set.example("train", index));
    const product =
      rows.reduce((sum, { first = [], second = [] }) => sum + dot(first, second), 0) / (2000 * 8);
    expect(Math.abs(product - 0.7)).toBeLessThan(4 * Math.sqrt(1.5 / 16_000));
    expect(() => twoView({ correlation: 1.1 })).toThrow(/from 0 to 1; found 1.1/);
  });
});

describe("multi-view", () => {
  it("has orthonormal features", () => {
    const vectors = featureVectors(8, 32, 1);
    vectors.forEach((a, i) => {
      vectors.forEach((b, j) => {
        expect(Math.abs(dot(a, b) - (i === j ? 1 : 0))).toBeLessThan(1e-14);
      });
    });
    expect(() => featureVectors(8, 15, 1)).toThrow(DataError);
  });

  it("shows both features of the class, or one of them in the share asked for", () => {
    const set = multiView({ noise: 0 });
    const vectors = featureVectors(8, 32, 1);
    let single = 0;
    for (let index = 0; index < 1000; index++) {
      const { patches, label, shown } = set.example("train", index);
      const amount = (feature: number): number => {
        const vector = vectors[feature] as Float64Array;
        const rows = Array.from({ length: 12 }, (_, row) =>
          Array.from(patches ?? []).slice(row * 32, row * 32 + 32),
        );
        return rows.reduce((sum, row) => sum + dot(row, vector), 0);
      };
      const of = label?.[0] as number;
      const strong = [amount(2 * of), amount(2 * of + 1)].map((value) => value > 0.9);
      const which = shown?.[0] as number;
      expect(strong).toEqual(which === 2 ? [true, true] : [which === 0, which === 1]);
      if (which < 2) single++;
      for (let other = 0; other < 16; other++) {
        if (other >> 1 !== of) expect(amount(other)).toBeLessThan(0.41);
      }
    }
    expect(Math.abs(single / 1000 - 0.3)).toBeLessThan(4 * Math.sqrt(0.21 / 1000));
  });
});
