/**
 * Builders for integers that are narrower or wider than their lane: dot products of the bytes or halves of a lane, and
 * products of 64 bits that are shifted back to 32. Exact on every target; apart from expressions.ts, because only the
 * kernels of integer inference need them.
 */
import { ProgramError } from "./errors.ts";
import {
  constant,
  type DotParts,
  integerType,
  type Operand,
  sameType,
  typeText,
  type Value,
} from "./expressions.ts";

function requireIntegers(where: string, values: readonly Value[], vectors: boolean): void {
  const [first] = values as [Value];
  const fits = values.every(({ type }) => type.element === "i32" && sameType(type, first.type));
  if (fits && (!vectors || first.type.lanes > 1)) return;
  throw new ProgramError(where, {
    expected: vectors ? "vectors of i32 of one length" : "i32 of one number of lanes",
    found: values.map(({ type }) => typeText(type)).join(", "),
    remedy: "Load packed integers as i32, or splat a scalar first.",
  });
}

function dot(parts: DotParts, left: Value, right: Value, addend: Value): Value {
  requireIntegers(`dot of ${parts}`, [left, right, addend], true);
  return { op: "dot", parts, type: addend.type, left, right, addend };
}

/**
 * addend + l0 r0 + l1 r1 + l2 r2 + l3 r3 in each lane: bytes of `left` are unsigned, those of `right` signed. Wraps at
 * 32 bits. One instruction with VNNI; without, and in WebAssembly, eight: there, widen once and use `dotPairs`.
 */
export const dotBytes = (left: Value, right: Value, addend: Value): Value =>
  dot("bytes", left, right, addend);

/**
 * As `dotBytes`, where every byte of `left` is at most 127: then no sum of two products leaves 16 bits, and older
 * instructions will do (vpmaddubsw, the relaxed dot product of WebAssembly). With greater bytes targets may differ.
 */
export const dotSevenBits = (left: Value, right: Value, addend: Value): Value =>
  dot("sevenBits", left, right, addend);

/** addend + l0 r0 + l1 r1 in each lane, of signed halves of 16 bits. Wraps at 32 bits. */
export const dotPairs = (left: Value, right: Value, addend: Value): Value =>
  dot("pairs", left, right, addend);

/**
 * floor(left * right / 2^shift), or with `rounds` the nearest integer, halves upwards: floor of one half more. The
 * product has 64 bits, the result its lowest 32. With a 31-bit `right` this scales by any factor below 1, the way
 * integer inference requantises (Jacob et al. 2018, section 2.2). `shift`: 1 to 62.
 */
export function multiplyShift(
  left: Value,
  rightOperand: Operand,
  shift: number,
  { rounds = true }: { readonly rounds?: boolean } = {},
): Value {
  const right = typeof rightOperand === "number" ? constant(rightOperand, left.type) : rightOperand;
  requireIntegers("multiplyShift", [left, right], false);
  if (!Number.isInteger(shift) || shift < 1 || shift > 62)
    throw new ProgramError("multiplyShift", {
      expected: "a constant shift of 1 to 62 bits",
      found: String(shift),
      remedy: "Scale the multiplier so that the shift fits.",
    });
  return { op: "multiplyShift", type: left.type, left, right, shift, rounds };
}

/** Whole quotient of two scalars read as unsigned 32 bits; dividing by 0 gives what dividing by 1 does. */
export function unsignedQuotient(left: Operand, right: Operand): Value {
  const [dividend, divisor] = [left, right].map((each) =>
    typeof each === "number" ? constant(each | 0) : each,
  ) as [Value, Value];
  if (!sameType(dividend.type, integerType) || !sameType(divisor.type, integerType))
    throw new ProgramError("unsignedQuotient", {
      expected: "two scalar i32",
      found: `${typeText(dividend.type)} by ${typeText(divisor.type)}`,
      remedy: "No vector unit divides integers; multiply by a reciprocal (multiplyShift) instead.",
    });
  return { op: "binary", operator: "udiv", type: integerType, left: dividend, right: divisor };
}
