/**
 * Order statistics: what is left of a sample when its values are only ranked. A leaf: it knows nothing of benchmarks.
 */

/** The values in ascending order, as a new array. @throws RangeError if the sample is empty or holds a NaN. */
export function ascending(sample: readonly number[] | Float64Array): Float64Array {
  if (sample.length === 0) throw new RangeError("a sample of at least one value was expected, found none");
  if (sample.some(Number.isNaN)) throw new RangeError("numbers were expected, found NaN in the sample");
  return Float64Array.from(sample).sort();
}

/**
 * The quantile p of an ascending sample, interpolated linearly between its order statistics (definition 7 of
 * Hyndman & Fan, The American Statistician 50, 1996; the default of R and NumPy).
 */
export function quantile(sorted: Float64Array, p: number): number {
  const position = (sorted.length - 1) * p;
  const below = Math.floor(position);
  const low = sorted[below] as number;
  const high = sorted[Math.min(below + 1, sorted.length - 1)] as number;
  // An order statistic that is met exactly comes back as it is, whatever follows it.
  return position === below || low === high ? low : low + (high - low) * (position - below);
}

/** The median of a sample in any order. */
export function median(sample: readonly number[] | Float64Array): number {
  return quantile(ascending(sample), 0.5);
}

/** The values beyond which so many interquartile ranges lie between a value and the nearer quartile (Tukey 1977). */
export function fences(sample: readonly number[], ranges: number): readonly [low: number, high: number] {
  const sorted = ascending(sample);
  const q1 = quantile(sorted, 0.25);
  const q3 = quantile(sorted, 0.75);
  return [q1 - ranges * (q3 - q1), q3 + ranges * (q3 - q1)];
}
