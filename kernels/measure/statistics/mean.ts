/** The mean of repetitions with other seeds, and its interval. */
import type { Estimate } from "./interval.ts";

/** 97.5 % points of Student's t for 1, 2 … 30 degrees of freedom (Abramowitz & Stegun 1972, table 26.10). */
const studentT = [
  12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145, 2.131,
  2.12, 2.11, 2.101, 2.093, 2.086, 2.08, 2.074, 2.069, 2.064, 2.06, 2.056, 2.052, 2.048, 2.045, 2.042,
];

/**
 * The mean of independent repetitions with its 95 % interval by Student's t: for a few seeds of about normal results,
 * where a bootstrap of five values would be too narrow. One value has no interval but itself.
 * @throws RangeError without a value
 */
export function meanInterval(values: readonly number[]): Estimate {
  const n = values.length;
  if (n === 0) throw new RangeError("expected at least one value; found none");
  const value = values.reduce((a, b) => a + b, 0) / n;
  if (n === 1) return { value, low: value, high: value };
  const variance = values.reduce((sum, x) => sum + (x - value) ** 2, 0) / (n - 1);
  // The last row of the table serves beyond it: 4 % wider than the normal distribution's at the most.
  const t = studentT[Math.min(n - 1, studentT.length) - 1] as number;
  const half = t * Math.sqrt(variance / n);
  return { value, low: value - half, high: value + half };
}
