import { describe, expect, it } from "vitest";
import { measureReadingCost, measureResolution, processClock, shortestSampleSeconds } from "./clock.ts";

describe("the clock", () => {
  it("never goes back and has a resolution well below a millisecond", () => {
    const clock = processClock();
    let last = clock.now();
    for (let i = 0; i < 1000; i++) {
      const next = clock.now();
      expect(next).toBeGreaterThanOrEqual(last);
      last = next;
    }
    expect(clock.resolutionSeconds).toBeGreaterThan(0);
    expect(clock.resolutionSeconds).toBeLessThan(1e-3);
  });

  it("finds the tick of a coarse clock", () => {
    let reading = 0;
    const coarse = (): number => Math.floor(reading++ / 7) * 0.001;
    expect(measureResolution(coarse)).toBeCloseTo(0.001, 9);
  });

  it("has no resolution where the clock stands still", () => {
    expect(measureResolution(() => 5)).toBe(Number.POSITIVE_INFINITY);
  });

  it("finds what a reading costs also below the tick", () => {
    let reading = 0;
    const now = (): number => Math.floor((reading++ * 3e-8) / 1e-6) * 1e-6;
    expect(measureReadingCost({ now, resolutionSeconds: 1e-6 }) / 3e-8).toBeCloseTo(1, 2);
  });

  it("asks for samples that the resolution spoils by at most 0.1 %", () => {
    expect(shortestSampleSeconds({ now: () => 0, resolutionSeconds: 1e-6 })).toBeCloseTo(1e-3, 12);
    expect(shortestSampleSeconds({ now: () => 0, resolutionSeconds: 1e-8 })).toBe(200e-6);
  });
});
