/**
 * The functions that build and check the expressions of a vector program; kernels are written with these.
 * An expression is evaluated where the statement that holds it stands; what is needed twice is named with `let`
 * (integer arithmetic for addresses may be repeated).
 */
import { ProgramError } from "./errors.ts";
import {
  type Address,
  type AnyPointer,
  type BinaryOperator,
  bytesOf,
  type CompareOperator,
  type Constant,
  type Element,
  type Half,
  integerType,
  loadedAs,
  type Mask,
  type MemoryElement,
  type Operand,
  type Pointer,
  sameType,
  type Tail,
  typeText,
  type UnaryOperator,
  type Value,
  type VectorType,
} from "./nodes.ts";

export * from "./nodes.ts";

/** A constant, the same in every lane; f32 constants are rounded here, i32 ones must be integers. */
export function constant(value: number, type: VectorType = integerType): Constant {
  if (type.element === "i32" && (value | 0) !== value)
    throw new ProgramError("constant", {
      expected: "an integer of 32 bits",
      found: String(value),
      remedy: "Round the number, or give the constant a floating-point type.",
    });
  return { op: "constant", type, value: type.element === "f32" ? Math.fround(value) : value };
}

/** The operands with numbers turned into constants of the other's type. */
function pair(where: string, left: Operand, right: Operand): [Value, Value] {
  if (typeof left === "number" && typeof right === "number") return [constant(left), constant(right)];
  if (typeof left === "number") return [constant(left, (right as Value).type), right as Value];
  const other = typeof right === "number" ? constant(right, left.type) : right;
  if (!sameType(left.type, other.type))
    throw new ProgramError(where, {
      expected: `two operands of one type, such as ${typeText(left.type)}`,
      found: `${typeText(left.type)} and ${typeText(other.type)}`,
      remedy: "Use splat to widen a scalar, or convert to change the element type.",
    });
  return [left, other];
}

const integerOnly = new Set<BinaryOperator>(["and", "or", "xor", "shl", "shr", "ushr", "rem", "udiv"]);
const realOnly = new Set<BinaryOperator>(["div", "scale"]);

const foldable: Partial<Record<BinaryOperator, (left: number, right: number) => number>> = {
  add: (left, right) => (left + right) | 0,
  sub: (left, right) => (left - right) | 0,
  mul: Math.imul,
  and: (left, right) => left & right,
  or: (left, right) => left | right,
  xor: (left, right) => left ^ right,
  shl: (left, right) => left << right,
  shr: (left, right) => left >> right,
  ushr: (left, right) => (left >>> right) | 0,
};

/** Neutral right-hand operands: x + 0, x - 0, x * 1 … are x itself, which keeps generated addresses short. */
const neutral: Partial<Record<BinaryOperator, number>> = {
  add: 0,
  sub: 0,
  mul: 1,
  or: 0,
  xor: 0,
  shl: 0,
  shr: 0,
  ushr: 0,
};

function foldIntegers(operator: BinaryOperator, left: Value, right: Value): Value | undefined {
  if (left.type.element !== "i32" || left.type.lanes !== 1 || right.op !== "constant") {
    const swaps = operator === "add" || operator === "mul";
    return swaps && left.op === "constant" && right.op !== "constant" && left.type.element === "i32"
      ? foldIntegers(operator, right, left)
      : undefined;
  }
  if (left.op === "constant") {
    const fold = foldable[operator];
    return fold && constant(fold(left.value, right.value));
  }
  return neutral[operator] === right.value ? left : undefined;
}

function binary(operator: BinaryOperator, leftOperand: Operand, rightOperand: Operand): Value {
  const [left, right] = pair(operator, leftOperand, rightOperand);
  const integral = left.type.element === "i32";
  if (integral ? realOnly.has(operator) : integerOnly.has(operator))
    throw new ProgramError(operator, {
      expected: integral ? "floating-point operands" : "i32 operands",
      found: typeText(left.type),
      remedy: integral
        ? "Shift to multiply or divide by a power of two, or convert first."
        : "Convert to i32 first.",
    });
  return foldIntegers(operator, left, right) ?? { op: "binary", operator, type: left.type, left, right };
}

export const add = (left: Operand, right: Operand): Value => binary("add", left, right);
export const sub = (left: Operand, right: Operand): Value => binary("sub", left, right);
export const mul = (left: Operand, right: Operand): Value => binary("mul", left, right);
/** Quotient of floating-point operands. */
export const div = (left: Operand, right: Operand): Value => binary("div", left, right);
/** The smaller one; NaN if either is NaN, and -0 is smaller than +0 (IEEE 754-2019 minimum). */
export const min = (left: Operand, right: Operand): Value => binary("min", left, right);
/** The larger one; NaN if either is NaN, and +0 is larger than -0 (IEEE 754-2019 maximum). */
export const max = (left: Operand, right: Operand): Value => binary("max", left, right);
/** Bitwise and of integers: `and(k, -4)` rounds down to a multiple of four. */
export const and = (left: Operand, right: Operand): Value => binary("and", left, right);
/** Bitwise or of integers. */
export const or = (left: Operand, right: Operand): Value => binary("or", left, right);
/** Bitwise exclusive or of integers. */
export const xor = (left: Operand, right: Operand): Value => binary("xor", left, right);

/**
 * x · 2^k, rounded once where the result is subnormal: how a power is put together. For whole k up to 250 (f32) or 2000
 * (f64) in magnitude, and x that is 0, infinite or from 1/4 to 4 in magnitude; NaN where x is NaN. Elsewhere targets
 * may differ.
 */
export const scale = (x: Value, k: Value): Value => binary("scale", x, k);

function shift(operator: "shl" | "shr" | "ushr", value: Operand, bits: number): Value {
  if (!Number.isInteger(bits) || bits < 0 || bits > 31)
    throw new ProgramError(operator, {
      expected: "a constant shift of 0 to 31 bits",
      found: String(bits),
      remedy: "Shift by a constant; multiply where the distance is only known at run time.",
    });
  const operand = typeof value === "number" ? constant(value) : value;
  if (operand.type.element !== "i32") return binary(operator, operand, operand);
  const distance = constant(bits);
  return (
    (operand.type.lanes === 1 && foldIntegers(operator, operand, distance)) || {
      op: "binary",
      operator,
      type: operand.type,
      left: operand,
      right: distance,
    }
  );
}
/** What is left of a scalar i32 divided by a positive constant; has the sign of the value. */
export function remainder(value: Operand, divisor: number): Value {
  const operand = typeof value === "number" ? constant(value) : value;
  if (!Number.isInteger(divisor) || divisor < 1 || !sameType(operand.type, integerType))
    throw new ProgramError("remainder", {
      expected: "a scalar i32 and a positive whole divisor",
      found: `${typeText(operand.type)} by ${divisor}`,
      remedy: "Divide by a constant: division by zero would trap on one target and not on another.",
    });
  if (operand.op === "constant") return constant(operand.value % divisor);
  return { op: "binary", operator: "rem", type: integerType, left: operand, right: constant(divisor) };
}
/** i32 shifted left by a constant number of bits. */
export const shiftLeft = (value: Operand, bits: number): Value => shift("shl", value, bits);
/** i32 shifted right by a constant number of bits, keeping the sign. */
export const shiftRight = (value: Operand, bits: number): Value => shift("shr", value, bits);
/** i32 shifted right by a constant number of bits, zeros moving in. */
export const shiftRightLogical = (value: Operand, bits: number): Value => shift("ushr", value, bits);

const unary = (operator: UnaryOperator, value: Value): Value => ({
  op: "unary",
  operator,
  type: value.type,
  value,
});
/** The opposite: flips the sign bit of a floating-point number (also of NaN and 0). */
export const negate = (value: Value): Value =>
  value.type.element === "i32" ? sub(constant(0, value.type), value) : unary("neg", value);

function floatingUnary(operator: Exclude<UnaryOperator, "neg">, value: Value): Value {
  if (value.type.element !== "i32") return unary(operator, value);
  throw new ProgramError(operator, {
    expected: "a floating-point operand",
    found: typeText(value.type),
    remedy: "Convert to f32 first; integers have max(x, negate(x)), shifts and masks instead.",
  });
}
export const abs = (value: Value): Value => floatingUnary("abs", value);
/** Square root, correctly rounded. */
export const squareRoot = (value: Value): Value => floatingUnary("sqrt", value);
/** The nearest whole number, the even one of two that are equally near. */
export const round = (value: Value): Value => floatingUnary("round", value);
/** The largest whole number that is not above the value. */
export const floor = (value: Value): Value => floatingUnary("floor", value);
/**
 * The e of x = s · 2^e with 1 <= s < 2, as a number of x's type. For positive normal numbers; what comes of zero,
 * subnormal numbers, negative ones, infinity and NaN differs from target to target.
 */
export const exponent = (value: Value): Value => floatingUnary("exponent", value);
/** The s of x = s · 2^e with 1 <= s < 2; for the same numbers as `exponent`. */
export const significand = (value: Value): Value => floatingUnary("significand", value);

/**
 * left * right + addend. `strict` rounds the product and the sum; `fast` may fuse them into one rounding, or leave
 * the choice to the machine (relaxed SIMD).
 */
export function multiplyAdd(left: Value, right: Value, addend: Value): Value {
  pair("multiplyAdd", left, right);
  pair("multiplyAdd", right, addend);
  return { op: "multiplyAdd", type: addend.type, left, right, addend };
}

function compare(operator: CompareOperator, leftOperand: Operand, rightOperand: Operand): Mask {
  const [left, right] = pair(operator, leftOperand, rightOperand);
  return { op: "compare", operator, of: left.type, left, right };
}
export const equal = (left: Operand, right: Operand): Mask => compare("eq", left, right);
export const notEqual = (left: Operand, right: Operand): Mask => compare("ne", left, right);
export const less = (left: Operand, right: Operand): Mask => compare("lt", left, right);
export const lessOrEqual = (left: Operand, right: Operand): Mask => compare("le", left, right);
export const greater = (left: Operand, right: Operand): Mask => compare("gt", left, right);
export const greaterOrEqual = (left: Operand, right: Operand): Mask => compare("ge", left, right);

/** `yes` in the lanes where the mask holds, `no` elsewhere; both are evaluated. */
export function select(mask: Mask, yesOperand: Operand, noOperand: Operand): Value {
  const [yes, no] = pair("select", yesOperand, noOperand);
  if (mask.of.lanes !== yes.type.lanes || bytesOf[mask.of.element] !== bytesOf[yes.type.element])
    throw new ProgramError("select", {
      expected: `a mask of ${yes.type.lanes} lanes of ${bytesOf[yes.type.element]} bytes`,
      found: `a comparison of ${typeText(mask.of)}`,
      remedy: "Compare values with as many and as wide lanes as those that are selected.",
    });
  return { op: "select", type: yes.type, mask, yes, no };
}

/** The same scalar in every lane. */
export function splat(value: Value, lanes: number): Value {
  if (value.type.lanes !== 1)
    throw new ProgramError("splat", {
      expected: "a scalar",
      found: typeText(value.type),
      remedy: "Take one lane of the vector first.",
    });
  if (lanes === 1) return value;
  if (value.op === "constant") return constant(value.value, { ...value.type, lanes });
  return { op: "splat", type: { element: value.type.element, lanes }, value };
}

/**
 * The number in another element type: to i32 by truncation with saturation (NaN gives 0), as WebAssembly does. To bytes
 * means to the i32 that a store of bytes takes.
 */
export function convert(value: Value, to: MemoryElement): Value {
  const element = loadedAs(to);
  if (value.type.element === element) return value;
  if (value.type.lanes > 1 && bytesOf[element] !== bytesOf[value.type.element])
    throw new ProgramError("convert", {
      expected: "scalars, or elements of equal width",
      found: `${typeText(value.type)} to ${element}`,
      remedy: "Convert lane by lane; a vector register has no room for wider lanes.",
    });
  return { op: "convert", type: { element, lanes: value.type.lanes }, value };
}

/** The bits of f32 as i32, or of i32 as f32. What f64 needs of its bits, `scale`, `exponent` and `significand` give. */
export function reinterpret(value: Value, element: Element): Value {
  if (value.type.element === element) return value;
  if (element === "f64" || value.type.element === "f64")
    throw new ProgramError("reinterpret", {
      expected: "f32 as i32, or i32 as f32",
      found: `${typeText(value.type)} as ${element}`,
      remedy: "Use scale, exponent and significand on f64: there are no integers of 64 bits.",
    });
  return { op: "reinterpret", type: { element, lanes: value.type.lanes }, value };
}

/** All lanes added in a fixed order: the upper half onto the lower half until one lane is left. */
export function sum(value: Value): Value {
  return value.type.lanes === 1
    ? value
    : { op: "sum", type: { element: value.type.element, lanes: 1 }, value };
}

/** One lane as a scalar. */
export function lane(value: Value, index: number): Value {
  if (!Number.isInteger(index) || index < 0 || index >= value.type.lanes)
    throw new ProgramError("lane", {
      expected: `a lane from 0 to ${value.type.lanes - 1}`,
      found: String(index),
      remedy: "Lanes are numbered from the lowest address.",
    });
  if (value.type.lanes === 1) return value;
  return { op: "lane", type: { element: value.type.element, lanes: 1 }, value, lane: index };
}

/** Lanes of both in turn, from the low or the high halves: low of (a0 a1 a2 a3), (b0 b1 b2 b3) is a0 b0 a1 b1. */
export const interleave = (half: "low" | "high", left: Value, right: Value): Value =>
  halfOf("interleave", half, left, right);

/** Every second lane of both: even of (a0 a1 a2 a3), (b0 b1 b2 b3) is a0 a2 b0 b2. Undoes the two interleavings. */
export const everySecond = (half: "even" | "odd", left: Value, right: Value): Value =>
  halfOf("everySecond", half, left, right);

function halfOf(where: string, half: Half, left: Value, right: Value): Value {
  pair(where, left, right);
  if (left.type.lanes % 2 !== 0)
    throw new ProgramError(where, {
      expected: "an even number of lanes",
      found: typeText(left.type),
      remedy: "Take vectors; a scalar has no halves.",
    });
  return { op: "interleave", type: left.type, half, left, right };
}

/** The pointer moved on by so many elements. */
export function advance<E extends MemoryElement>(pointer: Pointer<E>, by: Operand): Pointer<E> {
  const distance = typeof by === "number" ? constant(by) : by;
  requireInteger("advance", distance);
  if (distance.op === "constant" && distance.value === 0) return pointer;
  return { op: "advance", element: pointer.element, pointer, by: distance };
}

/** The element `index + offset` after the pointer. Constants inside the index are moved into the offset. */
export function at(pointer: AnyPointer, index: Operand = 0, offset = 0): Address {
  const value = typeof index === "number" ? constant(index) : index;
  requireInteger("at", value);
  const split = splitConstant(value);
  return { pointer, index: split.rest, offset: split.constant + offset };
}

/**
 * Elements from the address on, one for each lane; with a tail, only its lanes are read and the others are 0. Bytes
 * become i32, by their sign (`i8`) or by zeros (`u8`).
 */
export function load(address: Address, lanes = 1, tail?: Tail): Value {
  const type = { element: loadedAs(address.pointer.element), lanes };
  if (tail && !sameType(tail.type, type))
    throw new ProgramError("load", {
      expected: `a tail of ${typeText(type)}, as is loaded`,
      found: `one of ${typeText(tail.type)}`,
      remedy: "Make a tail for each vector type.",
    });
  return tail ? { op: "load", type, address, tail } : { op: "load", type, address };
}

/** The one element at the address, in every lane. */
export function broadcast(address: Address, lanes: number): Value {
  if (lanes === 1) return load(address);
  return { op: "broadcast", type: { element: loadedAs(address.pointer.element), lanes }, address };
}

function requireInteger(where: string, value: Value): void {
  if (sameType(value.type, integerType)) return;
  throw new ProgramError(where, {
    expected: "an i32 index in elements",
    found: typeText(value.type),
    remedy: "Address with integers; convert a number to i32 first.",
  });
}

function splitConstant(value: Value): { rest: Value | undefined; constant: number } {
  if (value.op === "constant") return { rest: undefined, constant: value.value };
  if (value.op !== "binary" || (value.operator !== "add" && value.operator !== "sub"))
    return { rest: value, constant: 0 };
  const left = splitConstant(value.left);
  const right = splitConstant(value.right);
  const sign = value.operator === "add" ? 1 : -1;
  const rest =
    left.rest && right.rest
      ? binary(value.operator, left.rest, right.rest)
      : right.rest && sign < 0
        ? sub(0, right.rest)
        : (left.rest ?? right.rest);
  return { rest, constant: left.constant + sign * right.constant };
}
