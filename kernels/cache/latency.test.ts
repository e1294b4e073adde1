import { describe, expect, it } from "vitest";
import { randomStream } from "../random.ts";
import { fillCycle } from "./latency.ts";
import { type LatencyPoint, measuredLevels } from "./levels.ts";

describe("fillCycle", () => {
  it("visits every line once before it returns to the first, also where pages are not full", () => {
    for (const lines of [1, 2, 63, 64, 65, 1000]) {
      const words = new Int32Array(lines * 16);
      fillCycle(words, randomStream(7));
      const seen = new Set<number>();
      for (let at = 0; !seen.has(at); at = words[at] as number) seen.add(at);
      expect(seen.size).toBe(lines);
      expect([...seen].every((at) => at % 16 === 0)).toBe(true);
    }
  });

  it("finishes a page before it begins the next", () => {
    const words = new Int32Array(64 * 16 * 8);
    fillCycle(words, randomStream(7));
    let changes = 0;
    for (let at = 0, step = 0; step < 512; step++, at = words[at] as number) {
      if (at >> 10 !== (words[at] as number) >> 10) changes++;
    }
    expect(changes).toBe(8);
  });
});

describe("measuredLevels", () => {
  const points = (nanoseconds: readonly number[]): LatencyPoint[] =>
    nanoseconds.map((value, i) => ({ bytes: 8192 * 2 ** i, seconds: value * 1e-9 }));

  it("finds the last footprint before each step", () => {
    expect(measuredLevels(points([1.2, 1.2, 1.25, 4, 4.1, 4.2, 4.4, 14, 15, 15.5]))).toEqual([32768, 524288]);
  });

  it("takes a step that climbs over two footprints as one", () => {
    expect(measuredLevels(points([1.2, 1.2, 2.2, 4, 4.1, 4.2, 9, 14, 14.2]))).toEqual([16384, 262144]);
  });

  it("finds none in a flat or slowly rising line", () => {
    expect(measuredLevels(points([1.2, 1.3, 1.2, 1.25, 1.4]))).toEqual([]);
    expect(measuredLevels([])).toEqual([]);
  });
});
