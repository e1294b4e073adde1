/**
 * What a reader should know about a series of samples before believing its median: warnings as data, each with what
 * to do. Nothing here removes or changes a sample.
 */
import { rankInterval } from "./statistics/interval.ts";
import { classifyOutliers } from "./statistics/order.ts";
import { trendOf } from "./statistics/trend.ts";

export interface Remark {
  readonly kind: "outliers" | "trend" | "wide" | "few";
  /** One sentence: what was found and what follows from it. */
  readonly text: string;
}

/** Share of samples beyond Tukey's outer fences above which interference is a habit of the run, not an accident. */
const manyOutliers = 0.1;
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
  const { severe } = classifyOutliers(seconds);
  if (severe > manyOutliers * n) {
    remarks.push({
      kind: "outliers",
      text: `${severe} of ${n} samples lie far outside the rest: something else used the machine. None was dropped.`,
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

/** An interval narrows with the square root of the rounds. */
function roundsFor(n: number, halfWidth: number): number {
  return Math.ceil(n * (halfWidth / wideInterval) ** 2);
}
