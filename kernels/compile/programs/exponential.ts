/**
 * exp for vectors of f32 in the operations that every target has: exp(x) = 2^k exp(r) with r in [-ln2/2, ln2/2] (Cody &
 * Waite 1980), where 2^k is multiplied together from the binary digits of k.
 */
import {
  add,
  and,
  constant,
  convert,
  max,
  min,
  mul,
  multiplyAdd,
  type Name,
  notEqual,
  select,
  sub,
  type Value,
} from "../../codegen/expressions.ts";
import type { ProgramBuilder } from "../../codegen/program.ts";

/** Within these k is from -126 to 127, and exp is a normal number. */
const least = -87.3;
const most = 88.3;
/** ln 2 in two parts: the first has few digits, so that k times it is exact. */
const ln2High = 0.693359375;
const ln2Low = -2.1219444e-4;
/** 1 / n! from 7 down to 1: on [-ln2/2, ln2/2] the next term is 5e-9. */
const terms = [1 / 5040, 1 / 720, 1 / 120, 1 / 24, 1 / 6, 1 / 2, 1, 1];

/** exp(x), relative error about 3e-7; at the ends of the range it saturates instead of vanishing or overflowing. */
export function exponential(b: ProgramBuilder, given: Name): Value {
  const { type } = given;
  const of = (number: number): Value => constant(number, type);
  const x = b.let("within", min(max(given, least), most));
  // Rounded by truncation of a positive number.
  const shifted = convert(add(mul(x, Math.LOG2E), 128.5), "i32");
  const k = b.let("k", sub(shifted, 128));
  const kReal = b.let("kReal", convert(k, "f32"));
  const r = b.let("r", sub(sub(x, mul(kReal, ln2High)), mul(kReal, ln2Low)));
  const [first, ...others] = terms as [number, ...number[]];
  const polynomial = others.reduce<Value>((sum, term) => multiplyAdd(sum, r, of(term)), of(first));
  const digits = b.let("digits", add(k, 128));
  // Starting at 2^-64, the low seven digits give 2^-64 to 2^63; the last one moves that up or down by 2^64.
  const value = b.variable("power", mul(polynomial, of(2 ** -64)));
  for (let bit = 1; bit < 128; bit *= 2) b.set(value, mul(value, digit(digits, bit, 2 ** bit, 1)));
  return mul(value, digit(digits, 128, 2 ** 64, 2 ** -64));
}

/** One factor where a binary digit is set, another where it is not. */
function digit(digits: Name, bit: number, set: number, unset: number): Value {
  const type = { element: "f32", lanes: digits.type.lanes } as const;
  const isSet = notEqual(and(digits, bit), constant(0, digits.type));
  return select(isSet, constant(set, type), constant(unset, type));
}
