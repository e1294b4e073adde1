import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatInterval,
  formatMeasurement,
  formatMetric,
  formatNumber,
  formatPercent,
  formatRatio,
  formatSeconds,
} from "./numbers.ts";

describe("numbers", () => {
  it("writes a time in the unit in which it is at least one", () => {
    expect([0, 4.12e-7, 0.0012, 0.99996, 3.456, 12.34, 0.9996e-3].map(formatSeconds)).toEqual([
      "0 s",
      "412 ns",
      "1.20 ms",
      "1.00 s",
      "3.46 s",
      "12.3 s",
      "1.00 ms",
    ]);
  });

  it("keeps three significant digits, also where rounding adds one before the point", () => {
    expect([9.994, 9.996, 99.96, 999.6, 1234.5].map(formatNumber)).toEqual([
      "9.99",
      "10.0",
      "100",
      "1,000",
      "1,235",
    ]);
  });

  it("gives each metric its unit", () => {
    expect(formatMetric("throughput", 43.81)).toBe("43.8 GFLOP/s");
    expect(formatMetric("bandwidth", 11.08)).toBe("11.1 GB/s");
    expect(formatMetric("cache-misses", 134217728)).toBe("134,217,728");
    expect(formatMetric("workspace", 98304)).toBe("96 KiB");
    expect(formatMetric("intensity", 0.25)).toBe("0.250 FLOP/B");
    expect(formatPercent(0.7344)).toBe("73.4 %");
    expect(formatRatio(1.934)).toBe("1.93x");
    expect(formatMetric("a metric of tomorrow", 2.5)).toBe("2.50");
  });

  it("writes an interval in the unit of its estimate", () => {
    const estimate = { value: 0.00099, low: 0.00098, high: 0.00101 };
    expect(formatInterval("time", estimate)).toBe("990 µs [980, 1,010]");
    expect(formatMeasurement({ ...estimate, metric: "time", kind: "timed" })).toBe("990 µs [980, 1,010]");
    expect(formatMeasurement({ value: 7, low: 7, high: 7, metric: "loads", kind: "exact" })).toBe("7");
  });

  it("spends one more digit where the bounds would read the same", () => {
    expect(formatInterval("time", { value: 0.0012, low: 0.001199, high: 0.001202 })).toBe(
      "1.200 ms [1.199, 1.202]",
    );
  });

  it("writes very small errors with an exponent and bounds alike", () => {
    expect(formatMetric("max-error", 1.23456e-7)).toBe("1.23e-7");
    expect(formatInterval("max-error", { value: 1e-7, low: 9e-8, high: 1.1e-7 })).toBe(
      "1.00e-7 [9.00e-8, 1.10e-7]",
    );
  });

  it("says what is no number", () => {
    expect([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY].map(formatNumber)).toEqual([
      "not a number",
      "∞",
      "-∞",
    ]);
    expect(formatNumber(-0.00001)).toBe("-1.00e-5");
  });

  it("writes spans, sizes and counts", () => {
    expect([0.81, 9.96, 59.7, 185, 3600, 4350].map(formatDuration)).toEqual([
      "0.8 s",
      "10 s",
      "1 min",
      "3 min 5 s",
      "1 h",
      "1 h 13 min",
    ]);
    expect([32768, 1.5 * 2 ** 30, 0, 1023].map(formatBytes)).toEqual(["32 KiB", "1.5 GiB", "0 B", "1,023 B"]);
    expect(formatCount(-1234567)).toBe("-1,234,567");
  });

  it("stays within half of the last digit of any value", () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-9, max: 1e12, noNaN: true }), (value) => {
        const read = Number(formatNumber(value).replaceAll(",", ""));
        expect(Math.abs(read - value) / value).toBeLessThan(0.0051);
      }),
    );
  });
});
