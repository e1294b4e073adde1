/**
 * Rounding to whole numbers and powers of two. AVX-512 has an instruction for each; AVX2 shifts the bits of numbers, as
 * the WebAssembly back end does (wasm/powers.ts says how). Scalars are computed as whole vectors of 128 bits.
 */
import { bytesOf, type Value, type VectorType } from "../expressions.ts";
import type { InstructionName } from "./instructions.ts";
import { isaRows } from "./isa.ts";
import { literalOf } from "./literals.ts";
import { atLabel, type MemoryOperand } from "./operands.ts";
import type { VectorRegister } from "./registers.ts";
import type { VectorUnit } from "./vectors.ts";

type Packed = "ps" | "pd";

const packedOf = ({ element }: VectorType): Packed => (element === "f64" ? "pd" : "ps");

/** Immediates of vround and vrndscale: how to round, without the exception for inexact results. */
const roundings = { round: 8, floor: 9 } as const;

/** The nearest whole number, or the one below. */
export function roundInto(
  unit: VectorUnit,
  operator: "round" | "floor",
  value: Value,
  into: VectorRegister,
): void {
  const name = isaRows[unit.state.isa].bits === 512 ? "vrndscale" : "vround";
  const instruction = `${name}${packedOf(value.type)}` as InstructionName;
  unit.state.code.emit(instruction, into, unit.register(value), roundings[operator]);
}

/** Words of 32 bits in each element, lowest first, and the bits that an element's fraction has. */
const formats = {
  ps: {
    fraction: 23,
    bias: 127,
    unit: 2 ** 23,
    unitWords: [0x4b000000],
    mask: [0x007fffff],
    one: [0x3f800000],
    shiftLeft: "vpslld",
    shiftRight: "vpsrld",
  },
  pd: {
    fraction: 52,
    bias: 1023,
    unit: 2 ** 52,
    unitWords: [0, 0x43300000],
    mask: [-1, 0x000fffff],
    one: [0, 0x3ff00000],
    shiftLeft: "vpsllq",
    shiftRight: "vpsrlq",
  },
} as const;

/** x · 2^k. */
export function scaleInto(unit: VectorUnit, left: Value, right: Value, into: VectorRegister): void {
  const { code } = unit.state;
  const packed = packedOf(left.type);
  const x = unit.register(left);
  const k = unit.register(right);
  if (isaRows[unit.state.isa].bits === 512) {
    code.emit(`vscalef${packed}`, into, x, k);
    return;
  }
  const half = unit.temporary(left.type, "half of an exponent");
  const power = unit.temporary(left.type, "a power of two");
  const rest = unit.temporary(left.type, "the rest of an exponent");
  code.emit(`vmul${packed}`, half, k, words(unit, left.type, [0.5]));
  code.emit(`vround${packed}`, half, half, roundings.floor);
  code.emit(`vsub${packed}`, rest, k, half);
  powerOfTwo(unit, left.type, half, power);
  code.emit(`vmul${packed}`, half, x, power);
  powerOfTwo(unit, left.type, rest, power);
  code.emit(`vmul${packed}`, into, half, power);
}

function powerOfTwo(unit: VectorUnit, type: VectorType, k: VectorRegister, into: VectorRegister): void {
  const packed = packedOf(type);
  const { fraction, bias, unit: last, shiftLeft } = formats[packed];
  unit.state.code.emit(`vadd${packed}`, into, k, words(unit, type, [last + bias]));
  unit.state.code.emit(shiftLeft, into, into, fraction);
}

/** The exponent of positive normal numbers. */
export function exponentInto(unit: VectorUnit, value: Value, into: VectorRegister): void {
  const { code } = unit.state;
  const packed = packedOf(value.type);
  const from = unit.register(value);
  if (isaRows[unit.state.isa].bits === 512) {
    code.emit(`vgetexp${packed}`, into, from);
    return;
  }
  const { fraction, bias, unit: last, unitWords, shiftRight } = formats[packed];
  code.emit(shiftRight, into, from, fraction);
  code.emit(`vor${packed}`, into, into, words(unit, value.type, unitWords, "i32"));
  code.emit(`vsub${packed}`, into, into, words(unit, value.type, [last + bias]));
}

/** What is left of positive normal numbers between 1 and 2. */
export function significandInto(unit: VectorUnit, value: Value, into: VectorRegister): void {
  const { code } = unit.state;
  const packed = packedOf(value.type);
  const from = unit.register(value);
  if (isaRows[unit.state.isa].bits === 512) {
    code.emit(`vgetmant${packed}`, into, from, 0);
    return;
  }
  const { mask, one } = formats[packed];
  code.emit(`vand${packed}`, into, from, words(unit, value.type, mask, "i32"));
  code.emit(`vor${packed}`, into, into, words(unit, value.type, one, "i32"));
}

/** A vector in the literal pool that repeats these numbers; AVX2 has no operands that are broadcast. */
function words(
  unit: VectorUnit,
  type: VectorType,
  values: readonly number[],
  element = type.element,
): MemoryOperand {
  const count = unit.bits(type) / 8 / bytesOf[element];
  const repeated = Array.from({ length: count }, (_, l) => values[l % values.length] as number);
  return atLabel(literalOf(unit.state.code, element, repeated));
}
