/**
 * Results of a cell as bars: which metric tells the story, what the full width stands for, and each bar's estimate and
 * interval as shares of it. Where speed was measured, full width is this machine's measured peak.
 */
import type { Measurement, Target } from "../../../kernels/experiment.ts";
import { differenceInWords } from "../../../reports/difference-words.ts";
import {
  betterOf,
  formatMeasurement,
  formatPercent,
  formatRatio,
  formatSeconds,
  metricTitle,
  scaleOf,
} from "../../../reports/numbers.ts";

export interface Bar {
  readonly variant: string;
  readonly target: Target;
  /** Shares of the full width, from 0 to 1. */
  readonly low: number;
  readonly value: number;
  readonly high: number;
  /** The estimate with unit and interval. */
  readonly figure: string;
  /** What else is known, each a few words: share of peak, time, speed-up. */
  readonly notes: readonly string[];
  readonly wrong: boolean;
}

export interface BarChart {
  readonly metric: string;
  /** What the full width stands for. */
  readonly axis: string;
  readonly bars: readonly Bar[];
}

// Contestants of every timed cell that stand for the machine, not for a way to do the work (kernels/measure).
const isCeiling = (variant: string): boolean => variant.startsWith("peak-");

// What is shown first where a cell has several metrics: speed, then cost, then errors.
const preferred = [
  "throughput",
  "bandwidth",
  "time",
  "test-error",
  "cache-misses",
  "mismatches",
  "max-error",
];

/** The bars of one cell, or undefined while nothing was measured in it. */
export function barsOf(measurements: readonly Measurement[]): BarChart | undefined {
  const own = measurements.filter(({ variant }) => !isCeiling(variant));
  const metric = leading(own);
  if (metric === undefined) return undefined;
  const rows = own.filter((m) => m.metric === metric);
  // Of the ceilings that of most threads: no bar is longer than that.
  const [peak] = measurements
    .filter((m) => isCeiling(m.variant) && m.metric === metric)
    .toSorted((a, b) => b.threads - a.threads);
  const longest = Math.max(...rows.map(({ high }) => high));
  const top = Math.max(longest, peak?.value ?? 0);
  const share = (value: number): number => (top > 0 ? Math.min(1, Math.max(0, value / top)) : 0);
  // One scale for all bars, so that their figures can be compared at a glance.
  const scale = scaleOf(metric, longest);
  return {
    metric,
    axis: axisOf(metric, peak, top),
    bars: rows.map((m) => ({
      variant: m.variant,
      target: m.target,
      low: share(m.low),
      value: share(m.value),
      high: share(m.high),
      figure: formatMeasurement(m, scale),
      notes: notesOf(m, own),
      wrong: m.correct === false,
    })),
  };
}

function leading(measurements: readonly Measurement[]): string | undefined {
  const found = new Set(measurements.filter((m) => m.against === undefined).map((m) => m.metric));
  return preferred.find((id) => found.has(id)) ?? [...found][0] ?? measurements[0]?.metric;
}

function axisOf(metric: string, peak: Measurement | undefined, top: number): string {
  const title = metricTitle(metric);
  if (peak) return `${title}; full width is the measured peak, ${formatMeasurement(peak)}`;
  if (top <= 0) return `${title}: 0 everywhere`;
  const better = betterOf(metric);
  return better === "neither" ? title : `${title}, ${better} is better`;
}

/** Share of peak, time and paired speed-up of the same variant, where the bar itself shows something else. */
function notesOf(of: Measurement, all: readonly Measurement[]): string[] {
  const same = (id: string): Measurement | undefined =>
    id === of.metric
      ? undefined
      : all.find((m) => m.metric === id && m.variant === of.variant && m.target === of.target);
  const notes: string[] = [];
  const fraction = same("peak-fraction");
  if (fraction) notes.push(`${formatPercent(fraction.value)} of peak`);
  const time = same("time");
  if (time) notes.push(formatSeconds(time.value));
  const speedUp = same("speed-up");
  if (speedUp?.against) {
    const ratio = `${formatRatio(speedUp.value)} ${speedUp.against.variant}`;
    notes.push([ratio, differenceInWords(speedUp)].filter(Boolean).join(": "));
  }
  return notes;
}

/** The bar in words: what a screen reader says, and what stands beside the bar where there is room. */
export function inWords(bar: Bar, showTarget: boolean): string {
  const name = showTarget ? `${bar.variant} (${bar.target})` : bar.variant;
  const facts = [bar.figure, ...bar.notes].join(", ");
  return `${name}: ${facts}${bar.wrong ? ", wrong result" : ""}`;
}
