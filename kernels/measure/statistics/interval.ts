/**
 * Intervals for a median: a quick one from order statistics, which says when to stop sampling, and the percentile
 * bootstrap, which is what gets reported. Ratios are treated as logarithms, so that x over y and y over x agree.
 */
import { ascending, quantile } from "./order.ts";

/** An estimate with a 95 % interval. */
export interface Estimate {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

const confidence = 0.95;
const tail = (1 - confidence) / 2;

/**
 * Resamples of a bootstrap. The ends of a 95 % interval are then the 50th values from either end, and their own
 * Monte Carlo error is a small part of the interval (Efron & Tibshirani, An Introduction to the Bootstrap, 1993, 19.3).
 */
const resamples = 2000;

/**
 * The median with its 95 % percentile bootstrap interval (Efron & Tibshirani 1993, chapter 13). One value gives an
 * interval of no width. Deterministic for a given stream.
 */
export function medianInterval(sample: readonly number[], random: () => number): Estimate {
  const sorted = ascending(sample);
  const n = sorted.length;
  const medians = new Float64Array(resamples);
  const counts = new Int32Array(n);
  for (let b = 0; b < resamples; b++) {
    counts.fill(0);
    for (let i = 0; i < n; i++) (counts[Math.floor(random() * n)] as number)++;
    medians[b] = medianOfCounts(sorted, counts);
  }
  medians.sort();
  return {
    value: quantile(sorted, 0.5),
    low: quantile(medians, tail),
    high: quantile(medians, 1 - tail),
  };
}

/** The median of a resample given as how often each value of the sorted sample was drawn: no sorting needed. */
function medianOfCounts(sorted: Float64Array, counts: Int32Array): number {
  const n = sorted.length;
  const lower = (n + 1) >> 1;
  const upper = (n >> 1) + 1;
  let seen = 0;
  let first = Number.NaN;
  for (let i = 0; i < n; i++) {
    const before = seen;
    seen += counts[i] as number;
    if (before < lower && seen >= lower) first = sorted[i] as number;
    if (seen >= upper) return (first + (sorted[i] as number)) / 2;
  }
  return first;
}

/**
 * The median of the ratios a[i] / b[i] with its interval. Paired: drift that hits both of a round cancels. Taken on
 * logarithms, so the interval of b over a is the reciprocal of this one.
 * @throws RangeError if the samples differ in length or hold a value that is not positive
 */
export function pairedRatio(a: readonly number[], b: readonly number[], random: () => number): Estimate {
  if (a.length !== b.length) {
    throw new RangeError(`pairs were expected, found ${a.length} values against ${b.length}`);
  }
  const logs = a.map((x, i) => {
    const y = b[i] as number;
    if (!(x > 0 && y > 0)) throw new RangeError(`positive values were expected, found ${x} and ${y}`);
    return Math.log(x / y);
  });
  const { value, low, high } = medianInterval(logs, random);
  return { value: Math.exp(value), low: Math.exp(low), high: Math.exp(high) };
}

/**
 * A distribution-free interval of the median from order statistics alone: the ranks r and n + 1 - r, of which the
 * binomial distribution says that they hold the median with at least 95 % (Conover, Practical Nonparametric
 * Statistics, 1999, 3.2). Infinite below 6 values, where no ranks do.
 */
export function rankInterval(sample: readonly number[]): Estimate {
  const sorted = ascending(sample);
  const n = sorted.length;
  const rank = lowerRank(n);
  const value = quantile(sorted, 0.5);
  if (rank === 0) return { value, low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY };
  return { value, low: sorted[rank - 1] as number, high: sorted[n - rank] as number };
}

/** The largest r with P(Binomial(n, 1/2) < r) <= 2.5 %. In logarithms: from 1075 values on, 2^-n is no double. */
function lowerRank(n: number): number {
  let logProbability = -n * Math.LN2;
  let cumulative = Math.exp(logProbability);
  let r = 0;
  while (cumulative <= tail) {
    r++;
    logProbability += Math.log((n - r + 1) / r);
    cumulative += Math.exp(logProbability);
  }
  return r;
}
