/**
 * What a reader should know about a series of samples before believing its median: warnings as data, each with what
 * to do. Nothing here removes or changes a sample.
 */
import { rankInterval } from "./statistics/interval.ts";
import { fences } from "./statistics/order.ts";
import { trendOf } from "./statistics/trend.ts";

export interface Remark {
  readonly kind: "outliers" | "trend" | "wide" | "few";
  /** One sentence: what was found and what follows from it. */
  readonly text: string;
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
    return [
      { kind: "few", text: `${n} rounds are too few for an interval: six are needed, fifteen are useful.` },
    ];
  }
  const remarks: Remark[] = [];
  const disturbed = countDisturbed(seconds, value);
  if (disturbed > manyOutliers * n) {
    remarks.push({
      kind: "outliers",
      text: `${disturbed} of ${n} samples lie far outside the rest: something else used the machine. None was dropped.`,
    });
  }
  const { score } = trendOf(seconds);
  if (Math.abs(score) > surprisingScore) {
    const [sense, cause] = score > 0 ? ["rose", "slowed down"] : ["fell", "sped up"];
    remarks.push({
      kind: "trend",
      text: `Times ${sense} while they were taken: the machine ${cause}. Trust ratios, which are paired, before times.`,
    });
  }
  const halfWidth = (high - low) / 2 / value;
  if (halfWidth > wideInterval) {
    remarks.push({
      kind: "wide",
      text: `The median is known to ±${(100 * halfWidth).toFixed(0)} % only; ±${100 * wideInterval} % takes about ${roundsFor(n, halfWidth)} rounds.`,
    });
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
