import { describe, expect, it } from "vitest";
import { randomStream } from "../../random.ts";
import { meanInterval } from "./mean.ts";

describe("meanInterval", () => {
  it("is Student's interval", () => {
    // Mean 3, standard deviation sqrt(2.5): 3 -+ 2.776 sqrt(2.5 / 5).
    const { value, low, high } = meanInterval([1, 2, 3, 4, 5]);
    expect(value).toBe(3);
    expect(high - value).toBeCloseTo(1.963, 3);
    expect(value - low).toBeCloseTo(1.963, 3);
  });

  it.each([3, 5, 12, 60])("holds the mean of %i normal values in about 95 of 100 cases", (n) => {
    const random = randomStream(n);
    const normal = (): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    let held = 0;
    for (let trial = 0; trial < 2000; trial++) {
      const { low, high } = meanInterval(Array.from({ length: n }, normal));
      if (low <= 0 && 0 <= high) held++;
    }
    // Three standard errors of a share of 0.95 out of 2000 are 0.015.
    expect(Math.abs(held / 2000 - 0.95)).toBeLessThan(0.017);
  });

  it("has no width where nothing varies, and needs a value", () => {
    expect(meanInterval([2, 2, 2])).toEqual({ value: 2, low: 2, high: 2 });
    expect(meanInterval([7])).toEqual({ value: 7, low: 7, high: 7 });
    expect(() => meanInterval([])).toThrow(/at least one value/);
  });
});
