/**
 * How well scores rank: AUC and NDCG, as measured on labels and as expected when each label's probability is known. The
 * expected AUC of the probabilities themselves is the best that any score can reach.
 */

/**
 * The probability that a positive has a higher score than a negative, ties counting half (Mann & Whitney), where item i is
 * positive with probability `positive[i]`: labels 0 and 1, or probabilities.
 * @returns NaN where there is no positive or no negative
 */
export function areaUnderCurve(scores: ArrayLike<number>, positive: ArrayLike<number>): number {
  const order = Array.from(scores, (_, at) => at).sort(
    (a, b) => (scores[a] as number) - (scores[b] as number),
  );
  let negativesBelow = 0;
  let pairs = 0;
  let positives = 0;
  for (let first = 0; first < order.length; ) {
    let end = first;
    let tiedPositives = 0;
    let tiedNegatives = 0;
    const score = scores[order[first] as number];
    for (; end < order.length && scores[order[end] as number] === score; end++) {
      const probability = positive[order[end] as number] as number;
      tiedPositives += probability;
      tiedNegatives += 1 - probability;
    }
    pairs += tiedPositives * (negativesBelow + tiedNegatives / 2);
    negativesBelow += tiedNegatives;
    positives += tiedPositives;
    first = end;
  }
  return pairs / (positives * negativesBelow);
}

/**
 * Normalised discounted cumulative gain of one list (Järvelin & Kekäläinen 2002; discount 1 / log2(1 + rank)), for gains
 * of any sort: labels, grades, or probabilities, for which it is the ratio of expected gains.
 * @param most ranks that count (default: all)
 * @returns 1 where there is nothing to gain
 */
export function discountedGain(
  scores: ArrayLike<number>,
  gains: ArrayLike<number>,
  most = scores.length,
): number {
  const ideal = cumulated(gains, gains, most);
  return ideal === 0 ? 1 : cumulated(scores, gains, most) / ideal;
}

function cumulated(scores: ArrayLike<number>, gains: ArrayLike<number>, most: number): number {
  const order = Array.from(scores, (_, at) => at).sort(
    (a, b) => (scores[b] as number) - (scores[a] as number),
  );
  return order
    .slice(0, most)
    .reduce((sum, item, rank) => sum + (gains[item] as number) / Math.log2(2 + rank), 0);
}
