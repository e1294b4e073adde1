/** What moves between the lanes of a vector: sums, single lanes, halves of two vectors. */
import { bytesOf, type Half, lanesOfHalf, type VectorType } from "../expressions.ts";
import type { InstructionName } from "./instructions.ts";
import { isaRows } from "./isa.ts";
import { literalOf } from "./literals.ts";
import { atLabel } from "./operands.ts";
import { type VectorRegister, vector } from "./registers.ts";
import { suffixOf } from "./vector-types.ts";
import type { VectorUnit } from "./vectors.ts";

/** The upper half onto the lower half until one lane is left, which is the lowest of `into`. */
export function sumInto(
  unit: VectorUnit,
  from: VectorRegister,
  type: VectorType,
  into: VectorRegister,
): void {
  const { code } = unit.state;
  const add: InstructionName =
    type.element === "i32" ? "vpaddd" : (`vadd${suffixOf(type)}` as InstructionName);
  const partial = unit.state.temporary("vector", "a partial sum");
  const other = unit.state.temporary("vector", "an upper half");
  const last = bytesOf[type.element] * 8;
  let sum = from;
  for (let bits = from.bits / 2; bits >= last; bits /= 2) {
    const width = Math.max(bits, 128) as 128 | 256;
    const target = vector(bits === last ? into.index : partial, width);
    const upper = vector(other, width);
    upperHalf(unit, upper, sum, bits);
    code.emit(add, target, vector(sum.index, width), upper);
    sum = target;
  }
}

/** The upper half of `2 * bits` bits in the place of the lower half. */
function upperHalf(unit: VectorUnit, into: VectorRegister, from: VectorRegister, bits: number): void {
  const { code } = unit.state;
  if (bits === 256) code.emit("vextractf64x4", into, from, 1);
  else if (bits === 128)
    code.emit(isaRows[unit.state.isa].masks ? "vextractf32x4" : "vextractf128", into, from, 1);
  else if (bits === 64) code.emit("vpermilpd", into, vector(from.index, 128), 1);
  else code.emit("vpermilps", into, vector(from.index, 128), 1);
}

/** One lane into the lowest of `into`. */
export function laneInto(
  unit: VectorUnit,
  from: VectorRegister,
  type: VectorType,
  lane: number,
  into: VectorRegister,
): void {
  const { code } = unit.state;
  const perQuarter = 16 / bytesOf[type.element];
  const quarter = Math.floor(lane / perQuarter);
  const within = lane % perQuarter;
  const narrow = vector(into.index, 128);
  let source = vector(from.index, 128);
  if (quarter > 0) {
    code.emit(isaRows[unit.state.isa].masks ? "vextractf32x4" : "vextractf128", narrow, from, quarter);
    source = narrow;
  }
  if (within > 0) code.emit(perQuarter === 2 ? "vpermilpd" : "vpermilps", narrow, source, within);
  else if (source.index !== narrow.index) code.emit("vmovaps", narrow, source);
}

/** One half of the lanes of two vectors. */
export function halfInto(
  unit: VectorUnit,
  half: Half,
  left: VectorRegister,
  right: VectorRegister,
  type: VectorType,
  into: VectorRegister,
): void {
  const { code } = unit.state;
  if (into.bits === 128) {
    pickWithin(unit, half, left, right, type, into);
    return;
  }
  if (isaRows[unit.state.isa].masks) {
    permuteTwo(unit, half, left, right, type, into);
    return;
  }
  // 256 bits: lanes are picked within 128, and the halves that belong together are put side by side after or before.
  const lows = unit.temporary(type, "a half");
  const highs = unit.temporary(type, "a half");
  if (half === "low" || half === "high") {
    pickWithin(unit, "low", left, right, type, lows);
    pickWithin(unit, "high", left, right, type, highs);
    code.emit("vperm2f128", into, lows, highs, half === "low" ? 0x20 : 0x31);
  } else {
    code.emit("vperm2f128", lows, left, right, 0x20);
    code.emit("vperm2f128", highs, left, right, 0x31);
    pickWithin(unit, half, lows, highs, type, into);
  }
}

/** One half of the lanes within each 128 bits; of two doubles the even ones are the low ones. */
function pickWithin(
  { state: { code } }: VectorUnit,
  half: Half,
  left: VectorRegister,
  right: VectorRegister,
  { element }: VectorType,
  into: VectorRegister,
): void {
  const first = half === "low" || half === "even";
  if (bytesOf[element] === 8) code.emit(first ? "vunpcklpd" : "vunpckhpd", into, left, right);
  else if (half === "low" || half === "high") code.emit(first ? "vunpcklps" : "vunpckhps", into, left, right);
  else code.emit("vshufps", into, left, right, first ? 0b10_00_10_00 : 0b11_01_11_01);
}

/** A table of lane numbers picks from both vectors at once; numbers from `lanes` on mean the second one. */
function permuteTwo(
  unit: VectorUnit,
  half: Half,
  left: VectorRegister,
  right: VectorRegister,
  type: VectorType,
  into: VectorRegister,
): void {
  const { lanes, element } = type;
  const numbers = lanesOfHalf(half, lanes);
  const wide = bytesOf[element] === 8;
  const table = literalOf(
    unit.state.code,
    "i32",
    numbers.flatMap((n) => (wide ? [n, 0] : [n])),
  );
  const picked = unit.temporary(type, "a half");
  unit.state.code.emit("vmovups", picked, atLabel(table));
  unit.state.code.emit(wide ? "vpermi2pd" : "vpermi2ps", picked, left, right);
  unit.move(type, into, picked);
}
