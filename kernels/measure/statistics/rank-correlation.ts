/**
 * Spearman's rank correlation: how far one list of numbers orders things as another does. What a search needs of its
 * model is the order, not the values.
 */

/** From -1 (reversed) to 1 (same order); undefined for fewer than three pairs, or where one list is all ties. */
export function rankCorrelation(a: readonly number[], b: readonly number[]): number | undefined {
  if (a.length !== b.length) throw new RangeError(`${a.length} values were expected, found ${b.length}`);
  if (a.length < 3) return undefined;
  const [left, right] = [ranks(a), ranks(b)];
  const mean = (a.length - 1) / 2;
  let [both, ofA, ofB] = [0, 0, 0];
  for (let i = 0; i < left.length; i++) {
    const [x, y] = [(left[i] as number) - mean, (right[i] as number) - mean];
    both += x * y;
    ofA += x * x;
    ofB += y * y;
  }
  return ofA > 0 && ofB > 0 ? both / Math.sqrt(ofA * ofB) : undefined;
}

/** The place of each value in ascending order; equal ones share the mean of theirs. */
function ranks(values: readonly number[]): number[] {
  const order = values.map((_, index) => index).sort((i, j) => (values[i] as number) - (values[j] as number));
  const found: number[] = [];
  for (let first = 0; first < order.length; ) {
    let last = first;
    while (last + 1 < order.length && values[order[last + 1] as number] === values[order[first] as number])
      last++;
    for (let place = first; place <= last; place++) found[order[place] as number] = (first + last) / 2;
    first = last + 1;
  }
  return found;
}
