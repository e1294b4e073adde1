/**
 * e^x and 2^x. x is split into k ln 2 + r with a whole k and |r| <= ln 2 / 2; then e^x = 2^k e^r, and e^r is
 * 1 + r (1 + r q(r)) with a polynomial q. The split (Cody and Waite, Software Manual for the Elementary Functions, 1980)
 * takes k ln 2 off in two steps, of which the first is exact.
 */
import {
  bytesOf,
  constant,
  max,
  min,
  mul,
  multiplyAdd,
  round,
  scale,
  sub,
  type Value,
  type VectorType,
} from "../codegen/expressions.ts";
import type { ProgramBuilder } from "../codegen/program.ts";
import { coefficients, ln2Parts } from "./coefficients.ts";
import { type Constants, inPlace, inRegisters } from "./constants.ts";
import { elementOf, type RealElement } from "./intervals.ts";
import { polynomial } from "./polynomial.ts";

/** Beyond these, e^x is 0 or infinite in the element type; clamped, so that k stays small. */
const expRange: Readonly<Record<RealElement, readonly [low: number, high: number]>> = {
  f32: [-104, 89],
  f64: [-746, 710],
};
/** The same of 2^x. */
const exp2Range: typeof expRange = { f32: [-151, 129], f64: [-1076, 1025] };

/** e^x for every x: 0 and infinity where it overflows, subnormal results rounded once, NaN of NaN. */
export function exp(b: ProgramBuilder, x: Value, options: ExpOptions = {}): Value {
  const element = elementOf(x);
  const { constants = inPlace(x.type), nonPositive = false } = options;
  const [low, high] = expRange[element];
  const [ln2High, ln2Low] = ln2Parts[element];
  const raised = max(x, low);
  const clamped = b.let("x", nonPositive ? raised : min(raised, high));
  const k = b.let("k", round(mul(clamped, constants(Math.LOG2E))));
  const rest = multiplyAdd(k, constants(-ln2High), clamped);
  const r = b.let("r", multiplyAdd(k, constants(-ln2Low), rest));
  const p = polynomial(b, r, [1, 1, ...coefficients.exp[element]], constants);
  return scale(p, k);
}

export interface ExpOptions {
  /** Default: in place. */
  readonly constants?: Constants;
  /** The caller promises that no x is above 0; saves an operation. */
  readonly nonPositive?: boolean;
}

/** The constants of exp that a loop does well to keep in registers. */
export function expConstants(element: RealElement): readonly number[] {
  const [ln2High, ln2Low] = ln2Parts[element];
  return [Math.LOG2E, -ln2High, -ln2Low, ...coefficients.exp[element], 1];
}

/**
 * Where exp in a loop takes its constants from: registers, set before the loop, on vectors of 512 bits, which come with 32
 * of them; else in place.
 */
export function expLoopConstants(b: ProgramBuilder, type: VectorType & { element: RealElement }): Constants {
  const wide = type.lanes * bytesOf[type.element] === 64;
  return wide ? inRegisters(b, type, expConstants(type.element)) : inPlace(type);
}

/** 2^x for every x, exact where x is whole. */
export function exp2(b: ProgramBuilder, x: Value): Value {
  const element = elementOf(x);
  const [low, high] = exp2Range[element];
  const clamped = b.let("x", min(max(x, low), high));
  const k = b.let("k", round(clamped));
  const r = b.let("r", sub(clamped, k));
  const q = polynomial(b, r, coefficients.exp2[element]);
  return scale(multiplyAdd(r, q, constant(1, x.type)), k);
}
