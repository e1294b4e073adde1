/**
 * Arithmetic on floating-point numbers and vectors. Every function may compute into a register that the expression
 * mentions: what is read is read before the target is written.
 */
import { bytesOf, childrenOf, type Expression, type Value, type VectorType } from "../expressions.ts";
import type { InstructionName } from "./instructions.ts";
import type { Isa } from "./isa.ts";
import { exponentInto, roundInto, scaleInto, significandInto } from "./powers.ts";
import { type VectorRegister, vector } from "./registers.ts";
import { suffixOf } from "./vector-types.ts";
import type { VectorUnit } from "./vectors.ts";

const integerNames: Readonly<Record<string, InstructionName>> = {
  add: "vpaddd",
  sub: "vpsubd",
  mul: "vpmulld",
  min: "vpminsd",
  max: "vpmaxsd",
  shl: "vpslld",
  shr: "vpsrad",
  ushr: "vpsrld",
};

const bitwise: Readonly<Record<string, Readonly<Record<Isa, InstructionName>>>> = {
  and: { avx2: "vpand", avx512: "vpandd" },
  or: { avx2: "vpor", avx512: "vpord" },
  xor: { avx2: "vpxor", avx512: "vpxord" },
};

type Real = "add" | "sub" | "mul" | "div" | "min" | "max";

/** An operation on two operands. */
export function binaryInto(
  unit: VectorUnit,
  { operator, left, right, type }: Extract<Value, { op: "binary" }>,
  into: VectorRegister,
): void {
  const { code } = unit.state;
  if (operator === "scale") {
    scaleInto(unit, left, right, into);
    return;
  }
  if (operator === "shl" || operator === "shr" || operator === "ushr") {
    const distance = right.op === "constant" ? right.value : 0;
    code.emit(integerNames[operator] as InstructionName, into, unit.register(left), distance);
    return;
  }
  const from = leftOperand(unit, left, right, into);
  if (type.element === "i32") {
    const name = bitwise[operator]?.[unit.state.isa] ?? (integerNames[operator] as InstructionName);
    code.emit(name, into, from, unit.source(right));
  } else if (operator === "min" || operator === "max") extremum(unit, operator, type, from, right, into);
  else code.emit(`v${operator as Real}${suffixOf(type)}` as InstructionName, into, from, unit.source(right));
}

/** The left side in a register: in the target itself, if it has to be computed and the right side leaves it alone. */
function leftOperand(unit: VectorUnit, left: Value, right: Value, into: VectorRegister): VectorRegister {
  if (left.op === "name" || mentions(unit, right, into)) return unit.register(left);
  const narrow = vector(into.index, unit.bits(left.type));
  unit.into(left, narrow);
  return narrow;
}

/** Whether evaluating the expression reads this register. */
export function mentions(unit: VectorUnit, expression: Expression, register: VectorRegister): boolean {
  if (expression.op === "name") {
    const home = unit.state.home(expression.name);
    return home.kind === "vector" && home.index === register.index;
  }
  const inIndex = expression.op === "load" || expression.op === "broadcast";
  if (inIndex && expression.address.index && mentions(unit, expression.address.index, register)) return true;
  return childrenOf(expression).some((child) => mentions(unit, child, register));
}

/**
 * IEEE 754-2019 minimum and maximum from x86's, which return the second operand where either is NaN or both are 0:
 * both orders are taken. Their bits or-ed give NaN or -0; for the maximum the difference of the two turns -0 into +0.
 */
function extremum(
  unit: VectorUnit,
  operator: "min" | "max",
  type: VectorType,
  from: VectorRegister,
  right: Value,
  into: VectorRegister,
): void {
  const { code } = unit.state;
  const name = `v${operator}${suffixOf(type)}` as InstructionName;
  if (right.op === "constant" && right.value !== 0 && !Number.isNaN(right.value)) {
    // With a constant first, NaN on the other side is what the instruction returns, and there are no two zeros.
    code.emit(name, into, unit.register(right), from);
    return;
  }
  const packed = type.element === "f64" ? "pd" : "ps";
  const other = unit.register(right);
  const first = unit.temporary(type, operator);
  const second = unit.temporary(type, operator);
  code.emit(name, first, from, other);
  code.emit(name, second, other, from);
  if (operator === "min") {
    code.emit(`vor${packed}`, into, first, second);
    return;
  }
  code.emit(`vxor${packed}`, second, first, second);
  code.emit(`vor${packed}`, first, first, second);
  code.emit(`vsub${suffixOf(type)}` as InstructionName, into, first, second);
}

/** A sign changed or taken away, a root, a whole number, or a part of the number. */
export function unaryInto(
  unit: VectorUnit,
  { operator, value, type }: Extract<Value, { op: "unary" }>,
  into: VectorRegister,
): void {
  const { code } = unit.state;
  if (operator === "round" || operator === "floor") {
    roundInto(unit, operator, value, into);
    return;
  }
  if (operator === "exponent" || operator === "significand") {
    (operator === "exponent" ? exponentInto : significandInto)(unit, value, into);
    return;
  }
  const from = unit.register(value);
  if (operator === "sqrt") {
    const name = `vsqrt${suffixOf(type)}` as InstructionName;
    if (type.lanes > 1) code.emit(name, into, from);
    else code.emit(name, into, from, from);
    return;
  }
  const packed = type.element === "f64" ? "pd" : "ps";
  const signs = signBits(unit, type);
  code.emit(
    `${operator === "neg" ? "vxor" : "vandn"}${packed}` as InstructionName,
    into,
    ...(operator === "neg" ? [from, signs] : [signs, from]),
  );
}

/** -0 in every lane. */
function signBits(unit: VectorUnit, type: VectorType): VectorRegister {
  const wide = { element: type.element, lanes: unit.bits(type) / 8 / bytesOf[type.element] };
  const signs = vector(unit.state.temporary("vector", "sign bits"), unit.bits(type));
  unit.constant(wide, -0, signs);
  return signs;
}

/** left * right + addend: in the target, which is the sum itself where the program adds to one. */
export function multiplyAddInto(
  unit: VectorUnit,
  { left, right, addend, type }: Extract<Value, { op: "multiplyAdd" }>,
  into: VectorRegister,
): void {
  const { code } = unit.state;
  const clash = mentions(unit, left, into) || mentions(unit, right, into);
  const real = type.element !== "i32";
  if (!real || !unit.state.fused) {
    const product = unit.temporary(type, "a product");
    code.emit(
      real ? (`vmul${suffixOf(type)}` as InstructionName) : "vpmulld",
      product,
      unit.register(left),
      unit.source(right),
    );
    code.emit(
      real ? (`vadd${suffixOf(type)}` as InstructionName) : "vpaddd",
      into,
      product,
      unit.source(addend),
    );
    return;
  }
  const sum = clash ? unit.temporary(type, "a sum") : into;
  unit.into(addend, sum);
  // The last operand may lie in memory: multiplication does not mind which one.
  const [first, last] = inMemory(left) && !inMemory(right) ? [right, left] : [left, right];
  code.emit(`vfmadd231${suffixOf(type)}` as InstructionName, sum, unit.register(first), unit.source(last));
  unit.move(type, into, sum);
}

function inMemory(value: Value): boolean {
  return value.op === "load" || value.op === "broadcast";
}
