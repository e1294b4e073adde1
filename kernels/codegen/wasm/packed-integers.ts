/**
 * Bytes, dot products of parts of a lane, and products of 64 bits in WebAssembly: sequences of several instructions.
 * Apart from lower.ts, which walks programs; each function here leaves one value on the stack, or stores it. Scratch locals
 * are set by `local.tee`: what is below on the stack keeps its place in the text.
 */
import type { Dot, MultiplyShift, Value, VectorType } from "../expressions.ts";
import type { WasmType } from "./encode.ts";
import { hasRelaxedDot } from "./features.ts";
import type { Instruction, InstructionName } from "./instructions.ts";

/** What these sequences need of the lowering. */
export interface WasmEmitter {
  emit(name: InstructionName, immediate?: number, rest?: Pick<Instruction, "lanes" | "shape">): void;
  /** A local that nobody else uses. */
  scratch(type: WasmType): number;
  push(value: Value): void;
}

export type Byte = "i8" | "u8";
const sign = { i8: "s", u8: "u" } as const;

/** A byte behind the address on the stack, as i32. */
export function loadByte(to: WasmEmitter, byte: Byte, offset: number): void {
  to.emit(`i32.load8_${sign[byte]}`, offset);
}

/** Four bytes behind the address on the stack, as i32x4. */
export function loadBytes(to: WasmEmitter, byte: Byte, offset: number): void {
  to.emit("v128.load32_zero", offset);
  to.emit(`i16x8.extend_low_i8x16_${sign[byte]}`);
  to.emit(`i32x4.extend_low_i16x8_${sign[byte]}`);
}

/** The i32 or i32x4 on the stack to a vector that begins with its bytes, saturated; takes a scalar as its first lane. */
export function narrow(to: WasmEmitter, byte: Byte, type: VectorType): void {
  const vector = to.scratch("v128");
  if (type.lanes === 1) to.emit("i32x4.splat");
  to.emit("local.tee", vector);
  to.emit("local.get", vector);
  to.emit("i16x8.narrow_i32x4_s");
  to.emit("local.tee", vector);
  to.emit("local.get", vector);
  to.emit(`i8x16.narrow_i16x8_${sign[byte]}`);
}

/** Stores the first byte or the first four of the narrowed vector on the stack, to the address below it. */
export function storeBytes(to: WasmEmitter, lanes: number, offset: number): void {
  to.emit(lanes === 1 ? "v128.store8_lane" : "v128.store32_lane", offset, { lanes: [0] });
}

/** A dot product within each lane, added to the addend. */
export function dot(to: WasmEmitter, { parts, left, right, addend }: Dot): void {
  if (parts === "sevenBits" && hasRelaxedDot) {
    // The operand with seven bits comes second.
    for (const each of [right, left, addend]) to.push(each);
    to.emit("i32x4.relaxed_dot_i8x16_i7x16_add_s");
    return;
  }
  if (parts === "pairs") {
    to.push(left);
    to.push(right);
    to.emit("i32x4.dot_i16x8_s");
  } else dotOfBytes(to, left, right);
  to.push(addend);
  to.emit("i32x4.add");
}

/** Bytes at even and at odd places as 16 bits each, which dot_i16x8_s multiplies and adds by twos. */
function dotOfBytes(to: WasmEmitter, left: Value, right: Value): void {
  const [l, r] = [to.scratch("v128"), to.scratch("v128")];
  const shifted = (name: InstructionName): void => {
    to.emit("i32.const", 8);
    to.emit(name);
  };
  to.push(left);
  to.emit("local.tee", l);
  to.emit("v128.const", undefined, { shape: "i32x4", lanes: new Array<number>(4).fill(0x00ff00ff) });
  to.emit("v128.and");
  to.push(right);
  to.emit("local.tee", r);
  shifted("i16x8.shl");
  shifted("i16x8.shr_s");
  to.emit("i32x4.dot_i16x8_s");
  to.emit("local.get", l);
  shifted("i16x8.shr_u");
  to.emit("local.get", r);
  shifted("i16x8.shr_s");
  to.emit("i32x4.dot_i16x8_s");
  to.emit("i32x4.add");
}

/** The lower halves of two vectors of i64. */
const lowHalves = [0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27];

/** The product in 64 bits, rounded where asked, shifted back to 32. */
export function multiplyShift(to: WasmEmitter, value: MultiplyShift): void {
  if (value.type.lanes === 1) scalarMultiplyShift(to, value);
  else vectorMultiplyShift(to, value);
}

function scalarMultiplyShift(to: WasmEmitter, { left, right, shift, rounds }: MultiplyShift): void {
  for (const each of [left, right]) {
    to.push(each);
    to.emit("i64.extend_i32_s");
  }
  to.emit("i64.mul");
  if (rounds) {
    to.emit("i64.const", 2 ** (shift - 1));
    to.emit("i64.add");
  }
  to.emit("i64.const", shift);
  to.emit("i64.shr_s");
  to.emit("i32.wrap_i64");
}

function vectorMultiplyShift(to: WasmEmitter, { left, right, shift, rounds }: MultiplyShift): void {
  const [l, r] = [to.scratch("v128"), to.scratch("v128")];
  const half = 2 ** (shift - 1);
  for (const lanes of ["low", "high"] as const) {
    for (const [value, local] of [[left, l] as const, [right, r] as const]) {
      if (lanes === "low") to.push(value);
      to.emit(lanes === "low" ? "local.tee" : "local.get", local);
    }
    to.emit(`i64x2.extmul_${lanes}_i32x4_s`);
    if (rounds) {
      const words = [half | 0, Math.floor(half / 2 ** 32)];
      to.emit("v128.const", undefined, { shape: "i32x4", lanes: [...words, ...words] });
      to.emit("i64x2.add");
    }
    to.emit("i32.const", shift);
    to.emit("i64x2.shr_s");
  }
  to.emit("i8x16.shuffle", undefined, { lanes: lowHalves });
}

/** left / right, unsigned; a divisor of 0 counts as 1, since dividing by 0 would trap. */
export function unsignedQuotient(to: WasmEmitter, left: Value, right: Value): void {
  const divisor = to.scratch("i32");
  to.push(left);
  to.push(right);
  to.emit("local.tee", divisor);
  to.emit("local.get", divisor);
  to.emit("i32.eqz");
  to.emit("i32.add");
  to.emit("i32.div_u");
}
