import { expect, test } from "vitest";
import type { Measurement } from "../../../kernels/experiment.ts";
import { plain } from "../line.ts";
import { barLines } from "../text/bar-lines.ts";
import { barsOf, inWords } from "./bars.ts";

function measured(
  variant: string,
  metric: string,
  value: number,
  more: Partial<Measurement> = {},
): Measurement {
  return {
    experiment: "e",
    workload: "w",
    variant,
    target: "wasm",
    threads: 1,
    metric,
    unit: "GFLOP/s",
    kind: "timed",
    value,
    low: value * 0.9,
    high: value * 1.1,
    n: 15,
    correct: true,
    ...more,
  };
}

const speeds = [
  measured("naive", "throughput", 5),
  measured("naive", "time", 0.02, { unit: "s" }),
  measured("blocked", "throughput", 20),
  measured("blocked", "peak-fraction", 0.5, { unit: "1" }),
  measured("blocked", "speed-up", 4, { unit: "x", against: { variant: "naive", target: "wasm" } }),
  measured("peak-fma", "throughput", 40),
];

test("the full width of a speed is the measured peak, which is no bar itself", () => {
  const chart = barsOf(speeds);
  expect(chart?.metric).toBe("throughput");
  expect(chart?.axis).toContain("measured peak, 40");
  expect(chart?.bars.map(({ variant, value }) => [variant, value])).toEqual([
    ["naive", 0.125],
    ["blocked", 0.5],
  ]);
});

test("a bar says in words what it shows", () => {
  const bars = barsOf(speeds)?.bars ?? [];
  expect(inWords(bars[0] as never, false)).toMatch(
    /^naive: 5(\.00)? GFLOP\/s \[4\.50?, 5\.50?\], 20(\.0)? ms$/,
  );
  expect(inWords(bars[1] as never, true)).toMatch(
    /^blocked \(wasm\): .*50(\.0)? % of peak, 4(\.00)?x naive: faster$/,
  );
});

test("without speed, the metric that was measured is shown, the longest bar as wide as the axis", () => {
  const chart = barsOf([
    measured("plain", "cache-misses", 4000, { kind: "exact", unit: "1", low: 4000, high: 4000 }),
    measured("blocked", "cache-misses", 1000, { kind: "exact", unit: "1", low: 1000, high: 1000 }),
  ]);
  expect(chart?.axis).toBe("cache misses, lower is better");
  expect(chart?.bars.map(({ value }) => value)).toEqual([1, 0.25]);
});

test("zeros and a single ratio make a chart as well", () => {
  const zero = barsOf([measured("tiles", "mismatches", 0, { kind: "exact", low: 0, high: 0, unit: "1" })]);
  expect(zero?.bars[0]).toMatchObject({ value: 0, figure: "0" });
  const ratio = barsOf([
    measured("a", "speed-up", 2, { unit: "x", against: { variant: "b", target: "js" } }),
  ]);
  expect(ratio?.bars[0]?.value).toBeCloseTo(2 / 2.2);
  expect(barsOf([])).toBeUndefined();
});

test("every row of a chart fits its columns, and shows the interval where it is wide", () => {
  const chart = barsOf(speeds);
  if (!chart) throw new Error("no chart");
  for (const columns of [50, 76, 140]) {
    for (const line of barLines(chart, columns)) expect(plain(line).length).toBeLessThanOrEqual(columns);
  }
  const [, blocked] = barLines(chart, 140).map(plain);
  expect(blocked).toMatch(/█+▒+·+/);
  const shaded = (/▒+/.exec(blocked ?? "")?.[0] ?? "").length;
  const axis = (/[█▒·]+/.exec(blocked ?? "")?.[0] ?? "").length;
  expect(shaded / axis).toBeCloseTo(0.1, 1);
});

test("a wrong result is named in words", () => {
  const chart = barsOf([measured("bad", "max-error", 3, { kind: "exact", unit: "1", correct: false })]);
  expect(inWords(chart?.bars[0] as never, false)).toContain("wrong result");
});

test("a name that is too long keeps its target", () => {
  const name = "register-4x4-simd-blocked-and-packed";
  const both = [measured(name, "throughput", 5), measured(name, "throughput", 9, { target: "js" })];
  const rows = barLines(barsOf(both) as never, 76).map(plain);
  expect(rows[0]).toMatch(/^register-4x4-simd-b\S*… wasm /);
  expect(rows[1]).toMatch(/^register-4x4-simd-b\S*… js /);
});
