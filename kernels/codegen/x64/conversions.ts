/**
 * Between integers and floating-point numbers. x86 gives INT_MIN for everything that does not fit; vector programs, like
 * WebAssembly, give the nearest integer that does, and 0 for NaN.
 */
import type { Value, VectorType } from "../expressions.ts";
import { isaRows } from "./isa.ts";
import { type Gpr, low, type VectorRegister, vector } from "./registers.ts";
import { scratchMask } from "./state.ts";
import type { VectorUnit } from "./vectors.ts";

/** vcmpps: greater or equal, and ordered (neither is NaN); neither signals. */
const greaterOrEqual = 0x1d;
const ordered = 0x07;
/** The first number above what an i32 holds, and the largest that it holds. */
const tooLarge = 2 ** 31;
const largest = 2 ** 31 - 1;

/** f32 lanes to i32 lanes, or back. */
export function convertVector(unit: VectorUnit, value: Value, to: VectorType, into: VectorRegister): void {
  if (to.element === "f32") unit.state.code.emit("vcvtdq2ps", into, unit.source(value));
  else saturated(unit, unit.register(value), value.type, into);
}

/** Truncation with saturation of f32 lanes. */
function saturated(unit: VectorUnit, from: VectorRegister, type: VectorType, into: VectorRegister): void {
  const { code } = unit.state;
  const truncated = vector(unit.temporary(type, "a conversion").index, from.bits);
  const bound = unit.register({ op: "constant", type, value: tooLarge });
  code.emit("vcvttps2dq", truncated, from);
  if (isaRows[unit.state.isa].masks) {
    const top = { op: "constant", type: { element: "i32", lanes: type.lanes }, value: largest } as const;
    code.emit("vcmpps", scratchMask, from, bound, greaterOrEqual);
    code.emitMasked("vpblendmd", scratchMask, false, truncated, truncated, unit.register(top));
    code.emit("vcmpps", scratchMask, from, from, ordered);
    code.emitMasked("vmovdqa32", scratchMask, true, into, truncated);
    return;
  }
  const lanes = vector(unit.temporary(type, "a comparison").index, from.bits);
  // INT_MIN with all bits turned is INT_MAX.
  code.emit("vcmpps", lanes, from, bound, greaterOrEqual);
  code.emit("vxorps", truncated, truncated, lanes);
  code.emit("vcmpps", lanes, from, from, ordered);
  code.emit("vandps", into, truncated, lanes);
}

/** A scalar integer or floating-point number as f32 or f64. */
export function realFromInteger(unit: VectorUnit, value: Value, to: VectorType, into: VectorRegister): void {
  const { code } = unit.state;
  if (value.type.element === "i32") {
    const from = unit.integers.register(value);
    // The instruction keeps the upper lanes of its first operand: zeroed, it waits for nobody.
    unit.zero(into);
    code.emit(to.element === "f64" ? "vcvtsi2sd" : "vcvtsi2ss", into, into, low(from));
    return;
  }
  const from = unit.register(value);
  code.emit(to.element === "f64" ? "vcvtss2sd" : "vcvtsd2ss", into, from, from);
}

/** A floating-point scalar as i32. */
export function integerFromReal(unit: VectorUnit, value: Value, into: Gpr): void {
  const { code } = unit.state;
  const from = unit.register(value);
  const converted = vector(unit.state.temporary("vector", "a conversion"), 128);
  if (value.type.element === "f32") {
    const four = { element: "f32", lanes: 4 } as const;
    unit.state.scoped(() => saturated(unit, from, four, converted));
    unit.integers.fromLowestLane(into, converted.index);
    return;
  }
  const end = unit.state.label("converted");
  const result = unit.integers.temporary("a conversion");
  code.emit("xor", low(result), low(result));
  code.emit("vucomisd", from, from);
  code.emit("jp", end);
  code.emit("vminsd", converted, from, unit.literal({ element: "f64", lanes: 1 }, largest));
  code.emit("vcvttpd2dq", converted, converted);
  unit.integers.fromLowestLane(result, converted.index);
  code.bind(end);
  unit.integers.move(into, result);
}
