/**
 * How a number is written for a person, wherever it is shown: report, command line, terminal UI. Kept in one place so
 * that the same figure reads the same everywhere. Three significant digits, because intervals are rarely narrower.
 */
import { metric as metricById } from "../kernels/metrics.ts";

/** What is shown where there is no number. */
export const noNumber = "—";

/** U+202F keeps the digits of a number on one line (SI brochure, 9th edition, 5.4.4). */
const thinSpace = "\u202f";
/** Beyond these powers of ten a number is written with an exponent: as digits it would have to be counted out. */
const exponents = { lowest: -4, highest: 12 } as const;
/** An interval narrower than its digits gets more of them, up to this many. */
const mostDigits = 5;

/** A unit as it is written, and how many of the base unit it is. */
type Step = readonly [unit: string, size: number];

/** How values of one kind are written: the units they may take, smallest first, and their significant digits. */
interface Style {
  readonly steps: readonly [Step, ...Step[]];
  readonly digits: number;
  /** Whole values are written without decimals: they are counts. */
  readonly whole: boolean;
}

const seconds: Style = {
  steps: [
    ["ns", 1e-9],
    ["µs", 1e-6],
    ["ms", 1e-3],
    ["s", 1],
  ],
  digits: 3,
  whole: false,
};
const bytes: Style = {
  steps: [
    ["B", 1],
    ["KiB", 2 ** 10],
    ["MiB", 2 ** 20],
    ["GiB", 2 ** 30],
    ["TiB", 2 ** 40],
  ],
  digits: 3,
  whole: true,
};
const percent: Style = { steps: [["%", 0.01]], digits: 2, whole: false };
const ratio: Style = { steps: [["x", 1]], digits: 3, whole: false };
const bare: Style = { steps: [["", 1]], digits: 3, whole: true };

/** An estimate with its interval, all in the metric's unit. */
export interface Interval {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** A duration in the unit that suits it: `1.20 ms`. */
export function formatSeconds(value: number): string {
  return write(seconds, value);
}

/** A size in powers of 1024: `32 KiB`, `1.50 MiB`. */
export function formatBytes(value: number): string {
  return write(bytes, value);
}

/** A whole number, its digits in groups of three. */
export function formatCount(value: number): string {
  return write(bare, Math.round(value));
}

/** A share of one as `73 %`, below a tenth as `4.2 %`. */
export function formatPercent(share: number): string {
  return write(percent, share);
}

/** A ratio as `1.93x`. */
export function formatRatio(value: number): string {
  return write(ratio, value);
}

/** A value of a metric with its unit: `1.20 ms`, `438 GFLOP/s`, `73 %`, `1.93x`, `2 097 152`. */
export function formatMetric(metric: string, value: number): string {
  return write(styleOf(metric), value);
}

/** A value of a metric with its interval: `1.20 ms [1.18, 1.23]`; the interval is in the unit of the value. */
export function formatInterval(metric: string, { value, low, high }: Interval): string {
  if (!Number.isFinite(value)) return noNumber;
  const style = styleOf(metric);
  const step = stepFor(style, value);
  for (let digits = style.digits; ; digits++) {
    const decimals = decimalsFor(style, value / step[1], digits);
    const [from, to] = [low, high].map((end) => number(end / step[1], decimals));
    if (from === to && low !== high && digits < mostDigits) continue;
    return `${withUnit(number(value / step[1], decimals), step)} [${from}, ${to}]`;
  }
}

/** A measurement as tables show it: with its interval where it was timed, alone where it is exact. */
export function formatMeasurement(
  measurement: Interval & { readonly metric: string; readonly kind: "exact" | "timed" },
): string {
  return measurement.kind === "exact"
    ? formatMetric(measurement.metric, measurement.value)
    : formatInterval(measurement.metric, measurement);
}

function styleOf(metric: string): Style {
  const { unit, share } = metricById(metric);
  if (share) return percent;
  if (unit === "s") return seconds;
  if (unit === "B") return bytes;
  if (unit === "x") return ratio;
  return unit === "1" ? bare : { steps: [[unit, 1]], digits: 3, whole: false };
}

function write(style: Style, value: number): string {
  if (!Number.isFinite(value)) return noNumber;
  const step = stepFor(style, value);
  const scaled = value / step[1];
  return withUnit(number(scaled, decimalsFor(style, scaled, style.digits)), step);
}

/** The largest unit of which the rounded value is at least one: 999.9 µs is written as 1.00 ms. */
function stepFor({ steps, digits }: Style, value: number): Step {
  const rounded = Math.abs(Number(value.toPrecision(digits)));
  return steps.findLast(([, size]) => rounded >= size * (1 - Number.EPSILON)) ?? steps[0];
}

/** Decimals that leave so many significant digits; undefined where the number needs an exponent. */
function decimalsFor(style: Style, value: number, digits: number): number | undefined {
  if (value === 0 || (style.whole && Number.isInteger(value) && Math.abs(value) < 1e15)) return 0;
  const exponent = Math.floor(Math.log10(Math.abs(Number(value.toPrecision(digits)))));
  if (exponent < exponents.lowest || exponent > exponents.highest) return undefined;
  return Math.max(0, digits - 1 - exponent);
}

function number(value: number, decimals: number | undefined): string {
  if (decimals === undefined) return value.toPrecision(3).replace("e+", "e");
  const [whole = "", fraction] = value.toFixed(decimals).split(".");
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, thinSpace);
  return fraction === undefined ? grouped : `${grouped}.${fraction}`;
}

function withUnit(text: string, [unit]: Step): string {
  if (unit === "") return text;
  return unit === "x" ? `${text}x` : `${text} ${unit}`;
}
