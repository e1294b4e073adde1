import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { metrics } from "../kernels/metrics.ts";
import {
  formatBytes,
  formatCount,
  formatInterval,
  formatMeasurement,
  formatMetric,
  formatPercent,
  formatRatio,
  formatSeconds,
  noNumber,
} from "./numbers.ts";

describe("single figures", () => {
  test.each([
    [1.2e-3, "1.20 ms"],
    [999.6e-6, "1.00 ms"],
    [1e-3, "1.00 ms"],
    [1e-6, "1.00 µs"],
    [45.67e-9, "45.7 ns"],
    [12.34, "12.3 s"],
    [1234, "1\u202f234 s"],
    [0, "0 ns"],
  ])("%d seconds read %s", (value, text) => expect(formatSeconds(value)).toBe(text));

  test.each([
    [512, "512 B"],
    [32 * 1024, "32 KiB"],
    [1.5 * 2 ** 20, "1.50 MiB"],
    [25_269_633_024, "23.5 GiB"],
  ])("%d bytes read %s", (value, text) => expect(formatBytes(value)).toBe(text));

  test.each([
    [0.734, "73 %"],
    [0.0421, "4.2 %"],
    [1, "100 %"],
    [1.234, "123 %"],
    [0, "0 %"],
  ])("a share of %d reads %s", (value, text) => expect(formatPercent(value)).toBe(text));

  test("counts are grouped in threes, from four digits on", () => {
    expect(formatCount(999)).toBe("999");
    expect(formatCount(2_097_152)).toBe("2\u202f097\u202f152");
  });

  test("a metric brings its unit", () => {
    expect(formatMetric("throughput", 438.2)).toBe("438 GFLOP/s");
    expect(formatMetric("peak-fraction", 0.731)).toBe("73 %");
    expect(formatMetric("speed-up", 1.932)).toBe("1.93x");
    expect(formatMetric("max-error", 1.1920929e-7)).toBe("1.19e-7");
    expect(formatMetric("cache-misses", 4096)).toBe("4\u202f096");
    expect(formatMetric("misses-per-mac", 0.0625)).toBe("0.0625");
  });

  test("what is no number is not written as one", () => {
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(formatSeconds(value)).toBe(noNumber);
      expect(formatRatio(value)).toBe(noNumber);
      expect(formatInterval("time", { value, low: 0, high: 0 })).toBe(noNumber);
    }
  });

  test("an unknown metric is an error that names the table", () => {
    expect(() => formatMetric("speed", 1)).toThrow(/kernels\/metrics\.ts/);
  });
});

describe("intervals", () => {
  test("all three figures are in the unit of the estimate", () => {
    expect(formatInterval("time", { value: 1.2e-3, low: 0.98e-3, high: 1.31e-3 })).toBe(
      "1.20 ms [0.98, 1.31]",
    );
    expect(formatInterval("peak-fraction", { value: 0.731, low: 0.726, high: 0.738 })).toBe("73 % [73, 74]");
  });

  test("a narrow interval gets the digits that tell its ends apart", () => {
    expect(formatInterval("time", { value: 1.2e-3, low: 1.1998e-3, high: 1.2004e-3 })).toBe(
      "1.2000 ms [1.1998, 1.2004]",
    );
  });

  test("an exact value stands alone", () => {
    const exact = { metric: "loads", kind: "exact", value: 12, low: 12, high: 12 } as const;
    expect(formatMeasurement(exact)).toBe("12");
    expect(formatMeasurement({ ...exact, kind: "timed", metric: "speed-up", low: 11, high: 13 })).toBe(
      "12.0x [11.0, 13.0]",
    );
  });
});

describe("properties", () => {
  const sizes = fc.double({ min: 1e-12, max: 1e15, noNaN: true });

  test("reading the figure back gives the value to half a unit of its last digit", () => {
    fc.assert(
      fc.property(sizes, (value) => {
        const [digits = "", unit = ""] = formatSeconds(value).replaceAll("\u202f", "").split(" ");
        const size = { ns: 1e-9, µs: 1e-6, ms: 1e-3, s: 1 }[unit] ?? Number.NaN;
        expect(Math.abs((Number(digits) * size) / value - 1)).toBeLessThanOrEqual(0.0051);
      }),
    );
  });

  test("every metric can be written, at any size and sign", () => {
    fc.assert(
      fc.property(fc.constantFrom(...metrics), sizes, fc.boolean(), ({ id }, size, negative) => {
        const value = negative ? -size : size;
        expect(formatMetric(id, value)).toMatch(/^-?[\d\u202f]+(\.\d+)?(e-?\d+)?(x| \S+)?$/);
        expect(formatInterval(id, { value, low: value, high: value })).toContain("[");
      }),
    );
  });
});
