import { expect, it } from "vitest";
import type { Measurement } from "../experiment.ts";
import { forecastIn, hitMargin } from "./forecast.ts";

const made = (variant: string, metric: string, value: number, spread = 0): Measurement => ({
  ...{
    experiment: "e",
    workload: "w",
    variant,
    target: "wasm",
    threads: 1,
    metric,
    unit: "1",
    kind: "timed",
  },
  ...{ value, low: value - spread, high: value + spread, n: 15, correct: true },
});
const pair = (variant: string, predicted: number, measured: number, spread = 0.01): Measurement[] => [
  made(variant, "predicted-peak-fraction", predicted),
  made(variant, "peak-fraction", measured, spread),
];

it("hits where the measured interval comes within ten points, and only there", () => {
  const hits = (predicted: number, measured: number, spread: number): boolean | undefined =>
    forecastIn([...pair("a", predicted, measured, spread), ...pair("b", 1, 1), ...pair("c", 0, 0)])?.points[0]
      ?.hit;
  expect(hits(0.5, 0.5 + hitMargin + 0.02, 0.03)).toBe(true);
  expect(hits(0.5, 0.5 + hitMargin + 0.02, 0.01)).toBe(false);
  expect(hits(0.5, 0.5 - hitMargin - 0.02, 0.01)).toBe(false);
});

it("compares the order that was predicted with the order that was measured", () => {
  const forecast = forecastIn([...pair("a", 0.2, 0.5), ...pair("b", 0.5, 0.6), ...pair("c", 0.9, 0.4)]);
  expect(forecast).toMatchObject({ hits: 1, rankCorrelation: -0.5 });
});

it("leaves out what was predicted and not measured, and says nothing of fewer than three", () => {
  const lone = made("d", "predicted-peak-fraction", 0.3);
  expect(forecastIn([...pair("a", 0.2, 0.2), ...pair("b", 0.5, 0.5), lone])).toBeUndefined();
  expect(forecastIn([])).toBeUndefined();
});
