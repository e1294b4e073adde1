import { describe, expect, it } from "vitest";
import { clickLog, examinationOf } from "./click-log.ts";
import { areaUnderCurve, discountedGain } from "./ranking-quality.ts";

/** The values of fields over the items of the first test sessions, one array a field. */
function collected(options: Parameters<typeof clickLog>[0], sessions: number): Record<string, number[]> {
  const set = clickLog({ ...options, sizes: { test: sessions } });
  const all: Record<string, number[]> = Object.fromEntries(set.fields.map(({ name }) => [name, []]));
  for (let index = 0; index < sessions; index++) {
    for (const [name, values] of Object.entries(set.example("test", index)))
      all[name]?.push(...Array.from(values));
  }
  return all;
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

describe("click-log", () => {
  const sessions = 3000;
  const log = collected({}, sessions);
  const { click = [], relevance = [], position = [], examination = [], attraction = [] } = log;
  const informed = log.attractionWithPrivileged ?? [];
  const pClick = attraction.map((value, at) => value * (examination[at] as number));

  it("clicks as often as the model says, at every position and every level of attraction", () => {
    for (let place = 0; place < 10; place++) {
      const rows = position.flatMap((value, at) => (value === place ? [at] : []));
      const [measured, expected] = [
        mean(rows.map((at) => click[at] ?? 0)),
        mean(rows.map((at) => pClick[at] ?? 0)),
      ];
      expect(Math.abs(measured - expected)).toBeLessThan(4 * Math.sqrt(0.25 / rows.length));
    }
    for (const probability of [attraction, informed]) {
      for (let low = 0; low < 1; low += 0.2) {
        const rows = probability.flatMap((value, at) => (value >= low && value < low + 0.2 ? [at] : []));
        const [measured, expected] = [
          mean(rows.map((at) => relevance[at] ?? 0)),
          mean(rows.map((at) => probability[at] ?? 0)),
        ];
        expect(Math.abs(measured - expected)).toBeLessThan(4 * Math.sqrt(0.25 / rows.length));
      }
    }
  });

  it("has a best AUC that the simulation reaches, higher with the privileged features", () => {
    for (const probability of [attraction, informed]) {
      const best = areaUnderCurve(probability, probability);
      expect(Math.abs(areaUnderCurve(probability, relevance) - best)).toBeLessThan(0.01);
    }
    const without = areaUnderCurve(attraction, attraction);
    const withThem = areaUnderCurve(informed, informed);
    expect(without).toBeGreaterThan(0.7);
    expect(withThem).toBeGreaterThan(without + 0.03);
  });

  it("makes clicks mislead where the bias is not taken out", () => {
    const scores = position.map((value) => -value);
    expect(areaUnderCurve(scores, click)).toBeGreaterThan(areaUnderCurve(scores, relevance) + 0.05);
    const fair = collected({ bias: 0 }, 200);
    expect(fair.click).toEqual(fair.relevance);
    expect(examinationOf(3, 1)).toBeCloseTo(0.25, 14);
  });
});

describe("areaUnderCurve", () => {
  it("counts pairs, ties half", () => {
    expect(areaUnderCurve([1, 2, 3], [0, 1, 1])).toBe(1);
    expect(areaUnderCurve([3, 2, 1], [0, 1, 1])).toBe(0);
    expect(areaUnderCurve([1, 1], [0, 1])).toBe(0.5);
    expect(areaUnderCurve([1, 2, 2, 4], [0, 1, 0, 1])).toBe(3.5 / 4);
    expect(areaUnderCurve([1, 2], [1, 1])).toBeNaN();
  });
});

describe("discountedGain", () => {
  it("is 1 for the best order, less for others, and cuts where asked", () => {
    expect(discountedGain([3, 2, 1], [2, 1, 0])).toBe(1);
    expect(discountedGain([1, 2, 3], [2, 1, 0])).toBeCloseTo(
      (1 / Math.log2(3) + 1) / (2 + 1 / Math.log2(3)),
      14,
    );
    expect(discountedGain([1, 2, 3], [2, 1, 0], 1)).toBe(0);
    expect(discountedGain([1, 2], [0, 0])).toBe(1);
  });
});
