/**
 * Bytes in memory, i32 in registers: loads that widen and stores that saturate. AVX-512 does both in one instruction,
 * with masks; AVX2 packs in two steps, and at an edge goes from lane to lane, because it has no masks for bytes and a lane
 * that does not count may lie outside of memory.
 */
import type { Address, Load, Tail, Value, VectorType } from "../expressions.ts";
import { byteRange } from "../expressions.ts";
import { isaRows } from "./isa.ts";
import type { MemoryOperand } from "./operands.ts";
import { low, rdx, type VectorRegister, vector } from "./registers.ts";
import type { VectorUnit } from "./vectors.ts";

export type Byte = "i8" | "u8";

const widening = { i8: "vpmovsxbd", u8: "vpmovzxbd" } as const;

/** As many bytes as there are lanes, widened. */
export function loadBytes(unit: VectorUnit, byte: Byte, load: Load, into: VectorRegister): void {
  const { code, isa } = unit.state;
  const from = unit.integers.address(load.address);
  if (!load.tail) code.emit(widening[byte], into, from);
  else if (isaRows[isa].masks) code.emitMasked(widening[byte], unit.tailMask(load.tail), true, into, from);
  else loadLaneByLane(unit, byte, from, load.tail, into);
}

/** The byte at the address in every lane. */
export function broadcastByte(unit: VectorUnit, byte: Byte, address: Address, into: VectorRegister): void {
  const { code } = unit.state;
  const narrow = vector(into.index, 128);
  code.emit(byte === "i8" ? "movsx" : "movzx", low(rdx), unit.integers.address(address));
  code.emit("vmovd", narrow, low(rdx));
  code.emit("vpbroadcastd", into, narrow);
}

/** Writes a scalar, or the lanes of a vector that count, as bytes. */
export function storeBytes(
  unit: VectorUnit,
  byte: Byte,
  to: MemoryOperand,
  value: Value,
  tail: Tail | undefined,
): void {
  const { code, isa } = unit.state;
  if (value.type.lanes === 1) {
    storeScalar(unit, byte, to, value);
    return;
  }
  const from = unit.register(value);
  if (isaRows[isa].masks) {
    const positive = byte === "u8" ? unit.temporary(value.type, "bytes") : from;
    if (byte === "u8") {
      // vpmovusdb takes its source as unsigned: what is negative has to be 0 before.
      unit.zero(positive);
      code.emit("vpmaxsd", positive, positive, from);
    }
    const name = byte === "u8" ? "vpmovusdb" : "vpmovsdb";
    if (tail) code.emitMasked(name, unit.tailMask(tail), false, to, positive);
    else code.emit(name, to, positive);
  } else if (tail) storeLaneByLane(unit, byte, to, from, tail);
  else storePacked(unit, byte, to, from);
}

const packing = { i8: "vpacksswb", u8: "vpackuswb" } as const;

function storeScalar(unit: VectorUnit, byte: Byte, to: MemoryOperand, value: Value): void {
  const { code } = unit.state;
  const packed = vector(unit.state.temporary("vector", "a byte"), 128);
  code.emit("vmovd", packed, low(unit.integers.register(value)));
  code.emit("vpackssdw", packed, packed, packed);
  code.emit(packing[byte], packed, packed, packed);
  code.emit("vpextrb", to, packed, 0);
}

/** To 16 bits, signed in both cases, and then to 8: both steps saturate. */
function storePacked(unit: VectorUnit, byte: Byte, to: MemoryOperand, from: VectorRegister): void {
  const { code } = unit.state;
  const words = vector(unit.state.temporary("vector", "bytes"), from.bits);
  const low128 = vector(words.index, 128);
  code.emit("vpackssdw", words, from, from);
  if (from.bits === 256) {
    // Packing works within 128 bits: the upper four lanes are still in the upper half.
    const upper = vector(unit.state.temporary("vector", "upper bytes"), 128);
    code.emit("vextracti128", upper, words, 1);
    code.emit("vpunpcklqdq", low128, low128, upper);
  }
  code.emit(packing[byte], low128, low128, low128);
  code.emit(from.bits === 256 ? "vmovq" : "vmovd", to, low128);
}

/** The halves of a vector of 256 bits, or the one of 128. */
function halves(unit: VectorUnit, whole: VectorRegister): VectorRegister[] {
  const lower = vector(whole.index, 128);
  if (whole.bits === 128) return [lower];
  const upper = vector(unit.state.temporary("vector", "an upper half"), 128);
  unit.state.code.emit("vextracti128", upper, whole, 1);
  return [lower, upper];
}

/** Runs `each` for every lane in turn until one does not count; rdx is free in it. */
function forLanes(unit: VectorUnit, tail: Tail, each: (lane: number) => void): void {
  const { code } = unit.state;
  const masks = halves(unit, unit.tailVector(tail));
  const end = unit.state.label("lanes");
  for (let lane = 0; lane < tail.type.lanes; lane++) {
    code.emit("vpextrd", low(rdx), masks[lane >> 2] as VectorRegister, lane & 3);
    code.emit("test", low(rdx), low(rdx));
    code.emit("je", end);
    each(lane);
  }
  code.bind(end);
}

const moved = (operand: MemoryOperand, bytes: number): MemoryOperand => ({
  ...operand,
  displacement: operand.displacement + bytes,
});

function loadLaneByLane(
  unit: VectorUnit,
  byte: Byte,
  from: MemoryOperand,
  tail: Tail,
  into: VectorRegister,
): void {
  const { code } = unit.state;
  const parts = Array.from({ length: into.bits / 128 }, () =>
    vector(unit.state.temporary("vector", "bytes"), 128),
  );
  for (const part of parts) unit.zero(part);
  forLanes(unit, tail, (lane) => {
    const part = parts[lane >> 2] as VectorRegister;
    code.emit(byte === "i8" ? "movsx" : "movzx", low(rdx), moved(from, lane));
    code.emit("vpinsrd", part, part, low(rdx), lane & 3);
  });
  const [lower, upper] = parts as [VectorRegister, VectorRegister | undefined];
  if (upper) code.emit("vinserti128", into, vector(lower.index, 256), upper, 1);
  else code.emit("vmovaps", into, lower);
}

function storeLaneByLane(
  unit: VectorUnit,
  byte: Byte,
  to: MemoryOperand,
  from: VectorRegister,
  tail: Tail,
): void {
  const { code } = unit.state;
  const clamped = vector(unit.state.temporary("vector", "bytes"), from.bits);
  const type: VectorType = tail.type;
  const [least, greatest] = byteRange[byte];
  code.emit("vpmaxsd", clamped, from, unit.source({ op: "constant", type, value: least }));
  code.emit("vpminsd", clamped, clamped, unit.source({ op: "constant", type, value: greatest }));
  const parts = halves(unit, clamped);
  forLanes(unit, tail, (lane) =>
    code.emit("vpextrb", moved(to, lane), parts[lane >> 2] as VectorRegister, (lane & 3) * 4),
  );
}
