/**
 * Numbers as a person reads them: three significant digits, SI prefixes for time, binary ones for bytes, grouped
 * counts, intervals in the unit of their estimate. One module, so that a table, a chart and a screen never disagree.
 */
import type { Measurement } from "../kernels/experiment.ts";
import { type Metric, metrics } from "../kernels/metrics.ts";

/** An estimate with its 95 % interval, in the unit of its metric. */
export type Estimate = Pick<Measurement, "value" | "low" | "high">;

/** How values of one size are written: multiplied by `factor`, followed by `suffix`. */
export interface Scale {
  readonly factor: number;
  readonly suffix: string;
  /** The unit alone, as the title of an axis or a column shows it; empty for plain numbers. */
  readonly unit: string;
  /** Whole values are counts and written whole; elsewhere `5.00 ms` says how well it is known. */
  readonly counts: boolean;
}

/** The scale that suits values of this size. A table or an axis chooses one scale for all its values. */
export function scaleOf(metric: string, value: number): Scale {
  const size = Math.abs(value);
  if (known.get(metric)?.share) return { factor: 100, suffix: " %", unit: "%", counts: false };
  switch (unitOf(metric)) {
    case "s":
      return fitting(seconds, size);
    case "B":
      return fitting(bytes, size);
    case "x":
      return { factor: 1, suffix: "x", unit: "x", counts: false };
    case "1":
      return plain;
    default:
      return { factor: 1, suffix: ` ${unitOf(metric)}`, unit: unitOf(metric), counts: false };
  }
}

/** `1.20 ms`, `438 GFLOP/s`, `73.4 %`, `1.93x`, `27,341`. Whole counts are shown whole. */
export function formatMetric(metric: string, value: number): string {
  return withScale(value, scaleOf(metric, value));
}

/** `1.20 ms [1.18, 1.23]`: an estimate with its interval in the same unit. */
export function formatInterval(
  metric: string,
  estimate: Estimate,
  scale = scaleOf(metric, estimate.value),
): string {
  const write = writerFor(estimate, scale);
  return `${write(estimate.value)}${scale.suffix} [${write(estimate.low)}, ${write(estimate.high)}]`;
}

/** A measurement as tables show it: with its interval where it has one, alone where it is one exact value. */
export function formatMeasurement(
  measurement: Estimate & Pick<Measurement, "metric" | "kind">,
  scale = scaleOf(measurement.metric, measurement.value),
): string {
  return measurement.kind === "exact" && measurement.low === measurement.high
    ? withScale(measurement.value, scale)
    : formatInterval(measurement.metric, measurement, scale);
}

/** A value in a scale that was chosen for several: `0.12 ms` among milliseconds. */
export function withScale(value: number, scale: Scale): string {
  const scaled = value * scale.factor;
  const figure = scale.counts || scaled === 0 ? formatNumber(scaled) : significant(scaled);
  return `${figure}${scale.suffix}`;
}

/** `412 ns`, `1.20 ms`, `3.46 s`. */
export function formatSeconds(value: number): string {
  return formatMetric("time", value);
}

/** A span that a person waited for: `0.8 s`, `42 s`, `3 min 5 s`, `1 h 12 min`. */
export function formatDuration(value: number): string {
  if (!Number.isFinite(value)) return formatNumber(value);
  if (value < 9.95) return `${value.toFixed(1)} s`;
  const whole = Math.round(value);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return joined(Math.floor(whole / 60), "min", whole % 60, "s");
  const minutes = Math.round(whole / 60);
  return joined(Math.floor(minutes / 60), "h", minutes % 60, "min");
}

/** `32 KiB`, `1.5 GiB`. */
export function formatBytes(value: number): string {
  const { factor, suffix } = fitting(bytes, Math.abs(value));
  return `${short(value * factor)}${suffix}`;
}

/** A whole number with its thousands grouped: `134,217,728`. */
export function formatCount(value: number): string {
  return Number.isInteger(value) ? grouped(value, 0) : formatNumber(value);
}

/** `1.93x`. */
export function formatRatio(value: number): string {
  return formatMetric("speed-up", value);
}

/** A share of one as a percentage: `73.4 %`. */
export function formatPercent(value: number): string {
  return formatMetric("peak-fraction", value);
}

/** A number without unit: whole ones whole, others with three significant digits, very small ones as `1.2e-7`. */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "not a number" : value > 0 ? "∞" : "-∞";
  return Number.isInteger(value) && Math.abs(value) < 2 ** 53 ? grouped(value, 0) : significant(value);
}

/** Three significant digits. */
function significant(value: number): string {
  const size = Math.abs(value);
  if (!Number.isFinite(value)) return formatNumber(value);
  if (size < smallestDecimal || size >= largestDecimal) return exponential(value);
  return grouped(value, decimalsFor(size, 3));
}

/** What a metric is called; its own id where this version does not know it. */
export function metricTitle(metric: string): string {
  return known.get(metric)?.title ?? metric;
}

/** Whether less is better, or more; `neither` also where this version does not know the metric. */
export function betterOf(metric: string): "lower" | "higher" | "neither" {
  return known.get(metric)?.better ?? "neither";
}

const known = new Map<string, Metric>(metrics.map((each) => [each.id, each]));
const unitOf = (metric: string): string => known.get(metric)?.unit ?? "1";

const plain: Scale = { factor: 1, suffix: "", unit: "", counts: true };
// Beyond these a reader counts zeros; the exponent says it at once.
const smallestDecimal = 1e-3;
const largestDecimal = 1e15;

const step = (factor: number, unit: string, counts = false): Scale => ({
  factor,
  suffix: ` ${unit}`,
  unit,
  counts,
});
// Largest unit first; the last takes all that is smaller.
const seconds = [step(1, "s"), step(1e3, "ms"), step(1e6, "µs"), step(1e9, "ns")] as const;
const bytes = [
  step(2 ** -40, "TiB", true),
  step(2 ** -30, "GiB", true),
  step(2 ** -20, "MiB", true),
  step(2 ** -10, "KiB", true),
  step(1, "B", true),
] as const;

/** The first scale in which the value is at least one. Rounding is thought of: 999.9 µs reads as 1.00 ms. */
function fitting(scales: readonly Scale[], size: number): Scale {
  if (size === 0) return scales.find((scale) => scale.factor === 1) ?? plain;
  return scales.find((scale) => size * scale.factor >= 0.9995) ?? scales.at(-1) ?? plain;
}

/** Writes value and bounds alike: three digits of the value, one more where the bounds would fall together. */
function writerFor({ value, low, high }: Estimate, { factor, counts }: Scale): (number: number) => string {
  const size = Math.abs(value * factor);
  if (size !== 0 && (size < smallestDecimal || size >= largestDecimal)) {
    return (number) => exponential(number * factor);
  }
  if (counts && [value, low, high].every((each) => Number.isInteger(each * factor))) {
    return (number) => formatNumber(number * factor);
  }
  const coarse = decimalsFor(size, 3);
  const alike = low !== high && (low * factor).toFixed(coarse) === (high * factor).toFixed(coarse);
  const decimals = alike ? coarse + 1 : coarse;
  return (number) => (Number.isFinite(number) ? grouped(number * factor, decimals) : formatNumber(number));
}

/** Decimals that leave so many significant digits, after rounding (9.996 has two, as 10.0 would have one). */
function decimalsFor(size: number, digits: number): number {
  if (size === 0) return digits - 1;
  const exponent = Math.floor(Math.log10(Number(size.toPrecision(digits))));
  return Math.min(20, Math.max(0, digits - 1 - exponent));
}

function grouped(value: number, decimals: number): string {
  const fixed = value.toFixed(decimals);
  const [whole = "", fraction] = fixed.replace(/^-(?=[0.]+$)/, "").split(".");
  const parts = whole.replace(/\B(?=(\d{3})+$)/g, ",");
  return fraction === undefined ? parts : `${parts}.${fraction}`;
}

function exponential(value: number): string {
  return value === 0 ? "0" : value.toExponential(2).replace("e+", "e");
}

function short(value: number): string {
  return Number.isInteger(value) ? grouped(value, 0) : grouped(value, 1).replace(/\.0$/, "");
}

function joined(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large} ${largeUnit}` : `${large} ${largeUnit} ${small} ${smallUnit}`;
}
