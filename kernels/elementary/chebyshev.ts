/**
 * Polynomials that approximate a function on an interval: interpolation at the zeros of a Chebyshev polynomial, whose
 * largest error is within a factor of about two of the least possible (Trefethen, Approximation Theory and Approximation
 * Practice, chapter 16). One degree more makes up for that, and no exchange algorithm has to converge.
 */
import { divide, fixed, fractionBits, multiply } from "./fixed-point.ts";

/**
 * Coefficients of the polynomial of this degree through f at the Chebyshev nodes of [from, to], lowest power first, as
 * fixed point. f takes and gives fixed point.
 */
export function interpolate(f: (x: bigint) => bigint, from: number, to: number, degree: number): bigint[] {
  const nodes = Array.from({ length: degree + 1 }, (_, i) =>
    // Where exactly the nodes lie matters little: double precision is plenty.
    fixed((from + to) / 2 + ((to - from) / 2) * Math.cos((Math.PI * (2 * i + 1)) / (2 * degree + 2))),
  );
  return toPowers(nodes, dividedDifferences(nodes, nodes.map(f)));
}

/** Coefficients of Newton's form: c0 + c1 (x - x0) + c2 (x - x0)(x - x1) … */
function dividedDifferences(nodes: readonly bigint[], values: readonly bigint[]): bigint[] {
  const table = [...values];
  for (let order = 1; order < nodes.length; order++)
    for (let i = nodes.length - 1; i >= order; i--)
      table[i] = divide(at(table, i) - at(table, i - 1), at(nodes, i) - at(nodes, i - order));
  return table;
}

/** Newton's form multiplied out, from the innermost bracket on. */
function toPowers(nodes: readonly bigint[], newton: readonly bigint[]): bigint[] {
  let powers: bigint[] = [];
  for (let i = nodes.length - 1; i >= 0; i--) {
    const shifted = [0n, ...powers];
    const times = powers.map((c) => multiply(c, at(nodes, i)));
    powers = shifted.map((c, p) => c - (times[p] ?? 0n));
    powers[0] = at(powers, 0) + at(newton, i);
  }
  return powers;
}

const at = (list: readonly bigint[], index: number): bigint => list[index] as bigint;

/** The value of a polynomial, lowest power first, in fixed point. */
export function evaluate(coefficients: readonly bigint[], x: bigint): bigint {
  return coefficients.reduceRight((sum, c) => multiply(sum, x) + c, 0n);
}

/** 1 in fixed point. */
export const unit = 1n << fractionBits;
