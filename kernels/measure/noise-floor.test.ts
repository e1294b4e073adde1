import { expect, it } from "vitest";
import { measureNoiseFloor } from "./noise-floor.ts";

it("gives a ratio with its interval, and a frequency that a processor can have for each round", async () => {
  const { ratio, rounds, gigahertz } = await measureNoiseFloor(0.05);
  expect(ratio.low).toBeLessThanOrEqual(ratio.value);
  expect(ratio.value).toBeLessThanOrEqual(ratio.high);
  expect(rounds).toBeGreaterThanOrEqual(15);
  expect(gigahertz).toHaveLength(rounds);
  for (const each of gigahertz) {
    expect(each).toBeGreaterThan(0);
    expect(each).toBeLessThan(10);
  }
});
