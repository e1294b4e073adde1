/**
 * Exact summation of float64 numbers: the running sum is kept as non-overlapping partials, none of which loses a
 * bit (Shewchuk, Adaptive Precision Floating-Point Arithmetic, 1997, section 2.4). It is the yardstick against which
 * rounding errors are measured, so it must have none of its own.
 */

/** The sum of finite float64 terms, within one rounding of the true value however much cancels. */
export function exactSum(terms: Iterable<number>): number {
  const partials: number[] = [];
  for (const term of terms) add(partials, term);
  let sum = 0;
  for (let i = partials.length - 1; i >= 0; i--) sum += partials[i] as number;
  return sum;
}

/** Adds one term to the partials, smallest first, by two-sum; zeros are dropped. */
function add(partials: number[], term: number): void {
  let carried = term;
  let kept = 0;
  for (let i = 0; i < partials.length; i++) {
    const partial = partials[i] as number;
    const sum = carried + partial;
    const virtual = sum - carried;
    const rest = carried - (sum - virtual) + (partial - virtual);
    if (rest !== 0) partials[kept++] = rest;
    carried = sum;
  }
  partials.length = kept;
  partials.push(carried);
}
