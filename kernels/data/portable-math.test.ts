import { describe, expect, it } from "vitest";
import { integerIn, randomStream } from "../random.ts";
import { cosine, exponential, logarithm, normalBelow, normalStream, sine } from "./portable-math.ts";

const sample = (count: number, low: number, high: number): number[] => {
  const random = randomStream(7);
  return Array.from({ length: count }, () => low + (high - low) * random());
};

/** The largest error relative to the larger of the value and 1. */
function worst(
  inputs: readonly number[],
  ours: (x: number) => number,
  theirs: (x: number) => number,
): number {
  return Math.max(...inputs.map((x) => Math.abs(ours(x) - theirs(x)) / Math.max(1, Math.abs(theirs(x)))));
}

describe("functions from + - * / and sqrt", () => {
  it("agree with Math to a few units in the last place", () => {
    const angles = [...sample(20_000, -50, 50), 0, Math.PI / 4, Math.PI / 2, Math.PI, -Math.PI, 1e-9];
    expect(worst(angles, sine, Math.sin)).toBeLessThan(4e-16);
    expect(worst(angles, cosine, Math.cos)).toBeLessThan(4e-16);
    expect(worst([...sample(20_000, -700, 700), 0, 1], exponential, Math.exp)).toBeLessThan(1e-15);
    expect(worst([...sample(20_000, 1e-9, 1e9), 1, 2, 2 ** -52], logarithm, Math.log)).toBeLessThan(1e-15);
  });

  it("go to their limits", () => {
    expect([exponential(-1e9), exponential(1e9), logarithm(0)]).toEqual([0, Infinity, -Infinity]);
    expect([normalBelow(-40), normalBelow(0), normalBelow(40)]).toEqual([0, 0.5, 1]);
  });

  it("know the quantiles of the normal distribution", () => {
    const known = [
      [1.2815515655446004, 0.9],
      [1.6448536269514722, 0.95],
      [2.3263478740408408, 0.99],
      [3.090232306167813, 0.999],
      [-4.264890793922825, 1e-5],
    ] as const;
    for (const [quantile, probability] of known) {
      expect(Math.abs(normalBelow(quantile) - probability)).toBeLessThan(1e-14);
    }
  });
});

describe("normalStream", () => {
  it("has the moments and the distribution of standard normal variates", () => {
    const normal = normalStream(randomStream(3));
    const values = Array.from({ length: 100_000 }, normal);
    const mean = (power: number): number => values.reduce((sum, x) => sum + x ** power, 0) / values.length;
    // Four standard errors of each moment.
    expect(Math.abs(mean(1))).toBeLessThan(4 / Math.sqrt(1e5));
    expect(Math.abs(mean(2) - 1)).toBeLessThan(4 * Math.sqrt(2 / 1e5));
    expect(Math.abs(mean(3))).toBeLessThan(4 * Math.sqrt(15 / 1e5));
    expect(Math.abs(mean(4) - 3)).toBeLessThan(4 * Math.sqrt(96 / 1e5));
    for (const edge of [-2, -1, 0.5, 1.5]) {
      const below = values.filter((x) => x < edge).length / values.length;
      expect(Math.abs(below - normalBelow(edge))).toBeLessThan(4 * Math.sqrt(0.25 / 1e5));
    }
  });

  it("is the same for the same stream", () => {
    const seed = integerIn(randomStream(5), 0, 1e6);
    const [one, two] = [normalStream(randomStream(seed)), normalStream(randomStream(seed))];
    expect(Array.from({ length: 9 }, one)).toEqual(Array.from({ length: 9 }, two));
  });
});
