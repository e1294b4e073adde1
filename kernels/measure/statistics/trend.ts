/**
 * Whether a sample rises or falls in the order in which it was taken: a machine that heats up, throttles or gets a
 * neighbour. By ranks, so that a single wild value does not make a trend.
 */

/** A rank correlation and how surprising it is. */
export interface Trend {
  /** Spearman's rho between value and order: 1 always rising, -1 always falling, 0 neither. */
  readonly correlation: number;
  /** Standard normal score of the correlation if the order meant nothing; beyond 2.58 in 1 of 100 such samples. */
  readonly score: number;
}

/**
 * Spearman's rank correlation of a sample with its order, ties given their mean rank; the score is
 * rho * sqrt(n - 1) (Conover, Practical Nonparametric Statistics, 1999, 5.4). Zero for fewer than three values and for
 * equal ones.
 */
export function trendOf(sample: readonly number[]): Trend {
  const n = sample.length;
  if (n < 3) return { correlation: 0, score: 0 };
  const correlation = rankCorrelation(
    sample,
    sample.map((_, i) => i),
  );
  return { correlation, score: correlation * Math.sqrt(n - 1) };
}

/**
 * Spearman's rank correlation of two samples of equal length: 1 where they rise and fall together, whatever the scale.
 * Ties share their mean rank; zero where one of them does not vary. @throws RangeError if their lengths differ
 */
export function rankCorrelation(a: readonly number[], b: readonly number[]): number {
  if (a.length !== b.length) {
    throw new RangeError(`pairs were expected, found ${a.length} values against ${b.length}`);
  }
  const [ranksA, ranksB] = [meanRanks(a), meanRanks(b)];
  const middle = (a.length + 1) / 2;
  let product = 0;
  let squareA = 0;
  let squareB = 0;
  for (const [i, rank] of ranksA.entries()) {
    const [left, right] = [rank - middle, (ranksB[i] as number) - middle];
    product += left * right;
    squareA += left ** 2;
    squareB += right ** 2;
  }
  return squareA === 0 || squareB === 0 ? 0 : product / Math.sqrt(squareA * squareB);
}

/** The rank of each value from 1 on; equal values share the mean of their ranks. */
function meanRanks(sample: readonly number[]): number[] {
  const order = sample.map((_, i) => i).sort((i, j) => (sample[i] as number) - (sample[j] as number));
  const ranks = new Array<number>(sample.length);
  for (let start = 0; start < order.length; ) {
    let end = start + 1;
    while (end < order.length && sample[order[end] as number] === sample[order[start] as number]) end++;
    for (let k = start; k < end; k++) ranks[order[k] as number] = (start + 1 + end) / 2;
    start = end;
  }
  return ranks;
}
