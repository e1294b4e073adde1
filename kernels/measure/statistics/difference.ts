/**
 * What a paired ratio says in one word: faster, slower, the same within so many percent, or that this run cannot tell
 * and how many more rounds would. One rule for every table, bar and chart, so that none calls noise a difference.
 * "The same" is a statement of its own, made as an equivalence test makes it: the whole interval must lie within a
 * margin of 1 (Schuirmann, J. Pharmacokin. Biopharm. 15, 1987), not merely hold it.
 */
import type { Estimate } from "./interval.ts";

/** A judged ratio. Above 1 means faster: it is the other's time over this one's. */
export type Difference =
  | { readonly kind: "faster" | "slower" }
  /** `within` is the smallest whole percentage, as a share, that the interval does not leave. */
  | { readonly kind: "same"; readonly within: number }
  /** `moreRounds` is what it would take if the estimate stays where it is and only the interval narrows. */
  | { readonly kind: "unclear"; readonly moreRounds: number };

/**
 * Differences below this are of no use to anyone: where code and data happen to lie moves the same kernel by 1 to 2 %
 * (Mytkowicz et al., ASPLOS 2009, find more between link orders).
 */
export const sameMargin = 0.02;

/** Below six pairs not even the extremes hold a median in 95 of 100 cases (1 - 2 / 2^5 = 0.94). */
export const leastPairs = 6;

/**
 * Judges a ratio by its 95 % interval and the number of pairs behind it.
 *
 * @param margin share by which two may differ and still count as the same
 * @throws RangeError if the interval is not positive or does not hold its estimate
 */
export function differenceOf(ratio: Estimate, pairs: number, margin: number = sameMargin): Difference {
  const { value, low, high } = ratio;
  if (!(low > 0 && low <= value && value <= high && Number.isFinite(high))) {
    throw new RangeError(
      `a positive interval around its estimate was expected, found ${value} [${low}, ${high}]`,
    );
  }
  if (pairs < leastPairs) return { kind: "unclear", moreRounds: leastPairs - pairs };
  const furthest = decimal(Math.max(high, 1 / low) - 1);
  if (furthest <= margin) return { kind: "same", within: wholePercent(furthest) };
  if (low > 1) return { kind: "faster" };
  if (high < 1) return { kind: "slower" };
  return { kind: "unclear", moreRounds: roundsToTell(ratio, pairs, margin) };
}

/**
 * Rounds beyond those made until the interval, narrowing with the square root of the rounds, either leaves 1 outside
 * or lies within the margin: on logarithms, because that is where a ratio's interval is symmetric.
 */
function roundsToTell({ value, low, high }: Estimate, pairs: number, margin: number): number {
  const distance = Math.abs(Math.log(value));
  const towardsOne = value >= 1 ? Math.log(value / low) : Math.log(high / value);
  const outwards = value >= 1 ? Math.log(high / value) : Math.log(value / low);
  const apart = distance > 0 ? (towardsOne / distance) ** 2 : Number.POSITIVE_INFINITY;
  const room = Math.log1p(margin);
  const alike =
    distance < room
      ? Math.max(outwards / (room - distance), towardsOne / (room + distance)) ** 2
      : Number.POSITIVE_INFINITY;
  return Math.max(1, Math.ceil(decimal(pairs * Math.min(apart, alike))) - pairs);
}

/** The share rounded up to whole percents, at least one: 0.0031 is within 1 %. */
function wholePercent(share: number): number {
  return Math.max(1, Math.ceil(decimal(100 * share))) / 100;
}

/** Without the last binary digits: 1.02 - 1 is a little more than 0.02. */
function decimal(value: number): number {
  return Number(value.toFixed(9));
}
