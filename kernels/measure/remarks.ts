/**
 * What a reader should know about a series of samples before believing its median: warnings as data, each with what
 * to do. Nothing here removes or changes a sample.
 */
import { rankInterval } from "./statistics/interval.ts";
import { fences } from "./statistics/order.ts";
import { trendOf } from "./statistics/trend.ts";

export interface Remark {
  readonly kind: "outliers" | "trend" | "wide" | "few";
  /** What was found in this series, in a few words; what follows from a kind is the same for every series. */
  readonly found: string;
}

/** Share of samples beyond Tukey's outer fences above which interference is a habit of the run, not an accident. */
const manyOutliers = 0.1;
/**
 * Share of the median by which a sample must miss it to count as disturbed. A timer interrupt costs 5 to 10 % of a
 * sample of 0.4 ms and hits one in eight on an idle machine, where the quartiles lie so close that fences mean little.
 */
const disturbedBy = 0.15;
/** Score that a sample without trend exceeds in 1 of 1000 cases: a run has hundreds of series, one false alarm is enough. */
const surprisingScore = 3.29;
/** Half-width of the interval that is too wide to compare single-digit percentages by. */
const wideInterval = 0.05;

/** Remarks on the seconds per call of one variant, in the order in which they were taken; none if all is well. */
export function remarksOn(seconds: readonly number[]): readonly Remark[] {
  const n = seconds.length;
  const { value, low, high } = rankInterval(seconds);
  if (!Number.isFinite(high)) {
    return [{ kind: "few", found: `${n} rounds` }];
  }
  const remarks: Remark[] = [];
  const disturbed = countDisturbed(seconds, value);
  if (disturbed > manyOutliers * n) {
    remarks.push({ kind: "outliers", found: `${disturbed} of ${n} samples` });
  }
  const { score } = trendOf(seconds);
  if (Math.abs(score) > surprisingScore) {
    remarks.push({ kind: "trend", found: score > 0 ? "slowed down" : "sped up" });
  }
  const halfWidth = (high - low) / 2 / value;
  if (halfWidth > wideInterval) {
    const known = `±${(100 * halfWidth).toFixed(0)} %`;
    remarks.push({ kind: "wide", found: `${known} (±5 % takes about ${roundsFor(n, halfWidth)} rounds)` });
  }
  return remarks;
}

/** Samples beyond Tukey's outer fences that are also far from the median in proportion. */
function countDisturbed(seconds: readonly number[], median: number): number {
  const [low, high] = fences(seconds, 3);
  const far = (t: number): boolean => Math.abs(t / median - 1) > disturbedBy;
  return seconds.filter((t) => (t < low || t > high) && far(t)).length;
}

/** An interval narrows with the square root of the rounds. */
function roundsFor(n: number, halfWidth: number): number {
  return Math.ceil(n * (halfWidth / wideInterval) ** 2);
}
