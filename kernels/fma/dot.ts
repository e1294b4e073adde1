/**
 * Float32 dot products with one rounding and with two roundings a term, and their error against the exact sum.
 * The fused form is emulated: the product of two float32 is exact in float64, the sum is rounded to float64 and then
 * once to float32, which differs from a true fused multiply-add only in the rare double-rounding case
 * (Figueroa, When is double rounding innocuous?, 1995).
 */
import { exactSum } from "./exact-sum.ts";

/** Dot product in ascending order, float32 accumulator, one rounding a term as IEEE 754 fusedMultiplyAdd does. */
export function dotFused(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum = Math.fround((a[i] as number) * (b[i] as number) + sum);
  return sum;
}

/** The same with the product rounded to float32 before it is added. */
export function dotRoundedTwice(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) {
    sum = Math.fround(Math.fround((a[i] as number) * (b[i] as number)) + sum);
  }
  return sum;
}

/** Absolute error of each approximation of the dot product of `a` and `b`, from the exact sum of exact products. */
export function dotErrors(
  a: Float32Array,
  b: Float32Array,
  approximations: readonly number[],
): readonly number[] {
  const exact = exactSum(products(a, b));
  return approximations.map((approximation) => Math.abs(approximation - exact));
}

function* products(a: Float32Array, b: Float32Array): Generator<number> {
  for (let i = 0; i < a.length; i++) yield (a[i] as number) * (b[i] as number);
}
