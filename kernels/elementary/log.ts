/**
 * The natural logarithm. x = m 2^e with m from √½ to √2; with f = m - 1 and s = f / (2 + f), ln m is
 * 2 artanh s = f - s (f - s² P(s²)): the leading term f is exact, and so are numbers next to 1 (the scheme of FreeBSD's
 * e_log.c, whose comment derives it; the coefficients are our own).
 */
import {
  add,
  constant,
  div,
  equal,
  exponent,
  greater,
  less,
  mul,
  multiplyAdd,
  type Name,
  select,
  significand,
  sub,
  type Value,
} from "../codegen/expressions.ts";
import type { ProgramBuilder } from "../codegen/program.ts";
import { coefficients, ln2Parts } from "./coefficients.ts";
import { elementOf, type RealElement } from "./intervals.ts";
import { polynomial } from "./polynomial.ts";

/** The least normal number, and the power of two that lifts every subnormal number above it. */
const subnormals: Readonly<Record<RealElement, readonly [leastNormal: number, lift: number]>> = {
  f32: [2 ** -126, 24],
  f64: [2 ** -1022, 53],
};

/** ln x: -∞ of 0, NaN below it, subnormal numbers included. */
export function log(b: ProgramBuilder, operand: Value): Value {
  const element = elementOf(operand);
  const x = b.let("x", operand);
  const { m, e } = split(b, x, element);
  const f = b.let("f", sub(m, 1));
  const s = b.let("s", div(f, add(f, 2)));
  const z = b.let("z", mul(s, s));
  const series = b.let("series", mul(z, polynomial(b, z, coefficients.log[element])));
  const halfSquare = b.let("half", mul(mul(f, f), 0.5));
  const [ln2High, ln2Low] = ln2Parts[element];
  // From the smallest part to the largest: each sum rounds what is small against the next.
  const correction = multiplyAdd(s, add(halfSquare, series), mul(e, ln2Low));
  const lnM = add(f, sub(correction, halfSquare));
  const ln = b.let("ln", multiplyAdd(e, constant(ln2High, x.type), lnM));
  const finite = select(less(x, Number.POSITIVE_INFINITY), ln, x);
  const outside = select(equal(x, 0), constant(Number.NEGATIVE_INFINITY, x.type), Number.NaN);
  return select(greater(x, 0), finite, outside);
}

/** x as m · 2^e with m from √½ to √2. */
function split(b: ProgramBuilder, x: Name, element: RealElement): { readonly m: Name; readonly e: Name } {
  const [leastNormal, lift] = subnormals[element];
  const lifted = b.let("lifted", mul(x, 2 ** lift));
  const normal = b.let("normal", select(less(x, leastNormal), lifted, x));
  const lifting = b.let("lifting", select(less(x, leastNormal), constant(-lift, x.type), 0));
  const s = b.let("s", significand(normal));
  const e = b.let("e", add(exponent(normal), lifting));
  const half = b.let("half", mul(s, 0.5));
  const more = b.let("more", add(e, 1));
  return {
    m: b.let("m", select(greater(s, Math.SQRT2), half, s)),
    e: b.let("e", select(greater(s, Math.SQRT2), more, e)),
  };
}
