/**
 * Writes the bytes of one instruction: prefixes, REX, VEX or EVEX, opcode, ModRM, SIB, displacement, immediate.
 * Reference: Intel SDM volume 2A, 2.1 (legacy), 2.3 (VEX), 2.7 (EVEX, compressed displacements in 2.7.5).
 */
import type { Form, Pattern } from "./forms.ts";
import type { Instruction } from "./match.ts";
import { isImmediate, type Label, type MemoryOperand, type Operand } from "./operands.ts";
import type { Register } from "./registers.ts";

/** Four bytes at `at` that become the distance from `end`, the end of the instruction, to label + addend. */
export interface Reference {
  readonly at: number;
  readonly end: number;
  readonly label: Label;
  readonly addend: number;
}

/** The operands by the role that they have in the encoding. */
interface Parts {
  reg: number;
  rm: Register | MemoryOperand | undefined;
  vvvv: number;
  opcodeRegister: number;
  memoryPattern: Pattern | undefined;
  immediate: number | bigint | undefined;
  immediateBytes: 1 | 4 | 8;
}

/**
 * Appends the bytes of an instruction in a form that takes its operands. Where its displacement refers to a label, four
 * zeros stand in for it, and the reference says where; places count from the beginning of `bytes`.
 */
export function encode(form: Form, instruction: Instruction, bytes: number[]): Reference | undefined {
  const parts = partsOf(form, instruction.operands);
  switch (form.encoding) {
    case "legacy":
      legacyHead(form, parts, bytes);
      break;
    case "vex":
      vexHead(form, parts, bytes);
      break;
    case "evex":
      evexHead(form, parts, instruction, bytes);
  }
  const at = bytes.length;
  addressBytes(form, parts, bytes);
  if (parts.immediate !== undefined) immediateBytes(parts.immediate, parts.immediateBytes, bytes);
  const { rm } = parts;
  if (rm?.kind !== "memory" || !rm.label) return undefined;
  // mod 00 rm 101: the 32-bit displacement is all that follows ModRM.
  return { at: at + 1, end: bytes.length, label: rm.label, addend: rm.displacement };
}

const immediateSizes = { u8: 1, i8: 1, s8: 1, i32: 4, u32: 4, i64: 8 } as const;

function partsOf(form: Form, operands: readonly Operand[]): Parts {
  const parts: Parts = {
    reg: form.digit ?? 0,
    rm: undefined,
    vvvv: 0,
    opcodeRegister: 0,
    memoryPattern: undefined,
    immediate: undefined,
    immediateBytes: 1,
  };
  for (let at = 0; at < operands.length; at++) {
    const pattern = form.patterns[at] as Pattern;
    const operand = operands[at] as Operand;
    if (isImmediate(operand)) {
      parts.immediate = operand;
      parts.immediateBytes = immediateSizes[pattern.immediate ?? "u8"];
    } else if (pattern.role === "M") {
      parts.rm = operand as Register | MemoryOperand;
      parts.memoryPattern = pattern;
    } else if (operand.kind !== "label" && operand.kind !== "memory") place(parts, pattern, operand.index);
  }
  return parts;
}

function place(parts: Parts, { role }: Pattern, index: number): void {
  if (role === "R") parts.reg = index;
  else if (role === "V") parts.vvvv = index;
  else if (role === "O") parts.opcodeRegister = index;
  else if (role === "S") parts.immediate = index << 4;
}

function immediateBytes(value: number | bigint, size: 1 | 4 | 8, bytes: number[]): void {
  if (size === 8) {
    pushSigned32(Number(BigInt.asIntN(32, BigInt(value))), bytes);
    pushSigned32(Number(BigInt.asIntN(32, BigInt(value) >> 32n)), bytes);
  } else if (size === 4) pushSigned32(Number(value), bytes);
  else bytes.push(Number(value) & 0xff);
}

/** Appends the low 32 bits of a whole number. */
export function pushSigned32(value: number, bytes: number[]): void {
  bytes.push(value & 0xff, (value >> 8) & 0xff, (value >> 16) & 0xff, value >>> 24);
}

/** Fourth bits of the registers: of the index, of the base or ModRM.rm; each 0 or 1. */
const extensionX = ({ rm }: Parts): number =>
  rm?.kind === "memory" && rm.index ? (rm.index.index >> 3) & 1 : 0;
const extensionB = ({ rm, opcodeRegister }: Parts): number => {
  const base = rm?.kind === "memory" ? (rm.base?.index ?? 0) : rm ? rm.index : opcodeRegister;
  return (base >> 3) & 1;
};

function legacyHead(form: Form, parts: Parts, bytes: number[]): void {
  const rex = (form.w << 3) | (((parts.reg >> 3) & 1) << 2) | (extensionX(parts) << 1) | extensionB(parts);
  for (let i = 0; i < form.prefixes.length; i++) bytes.push(form.prefixes[i] as number);
  if (rex) bytes.push(0x40 | rex);
  for (let i = 0; i < form.opcode.length; i++) bytes.push(form.opcode[i] as number);
  if (parts.opcodeRegister) bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) | (parts.opcodeRegister & 7);
}

const prefixCodes: Readonly<Record<number, number>> = { 102: 1, 243: 2, 242: 3 };
const prefixCode = ({ prefixes }: Form): number =>
  prefixes.length === 0 ? 0 : (prefixCodes[prefixes[0] as number] ?? 0);
/** 0, 1, 2 for 128, 256, 512 bits. */
const lengthCode = ({ bits }: Form): number => bits >> 8;
const opcodeOf = ({ opcode }: Form): number => opcode[0] ?? 0;

function vexHead(form: Form, parts: Parts, bytes: number[]): void {
  const x = extensionX(parts);
  const b = extensionB(parts);
  const notR = ((parts.reg >> 3) & 1) ^ 1;
  const tail = ((~parts.vvvv & 15) << 3) | (lengthCode(form) << 2) | prefixCode(form);
  if (!x && !b && !form.w && form.map === 1) bytes.push(0xc5, (notR << 7) | tail, opcodeOf(form));
  else {
    const first = (notR << 7) | ((x ^ 1) << 6) | ((b ^ 1) << 5) | form.map;
    bytes.push(0xc4, first, (form.w << 7) | tail, opcodeOf(form));
  }
}

function evexHead(form: Form, parts: Parts, { mask, zeroing }: Instruction, bytes: number[]): void {
  const { reg, rm, vvvv } = parts;
  const memory = rm?.kind === "memory" ? rm : undefined;
  // A register in ModRM.rm has its fifth bit in X; an index that is a vector has it in V'.
  const x = rm && rm.kind !== "memory" ? (rm.index >> 4) & 1 : extensionX(parts);
  const fifthV = memory?.index?.kind === "vector" ? memory.index.index >> 4 : vvvv >> 4;
  const notR = ((reg >> 3) & 1) ^ 1;
  const notFifthR = (reg >> 4) ^ 1;
  const p0 = (notR << 7) | ((x ^ 1) << 6) | ((extensionB(parts) ^ 1) << 5) | (notFifthR << 4) | form.map;
  const p1 = (form.w << 7) | ((~vvvv & 15) << 3) | 4 | prefixCode(form);
  const p2 =
    ((zeroing ? 1 : 0) << 7) |
    (lengthCode(form) << 5) |
    ((memory?.broadcast ? 1 : 0) << 4) |
    (((fifthV & 1) ^ 1) << 3) |
    (mask ? mask.index : 0);
  bytes.push(0x62, p0, p1, p2, opcodeOf(form));
}

/** ModRM, SIB and displacement. */
function addressBytes(form: Form, parts: Parts, bytes: number[]): void {
  const { rm } = parts;
  if (!rm) return;
  const reg = (parts.reg & 7) << 3;
  if (rm.kind !== "memory") bytes.push(0xc0 | reg | (rm.index & 7));
  else if (rm.label) bytes.push(reg | 5, 0, 0, 0, 0);
  else memoryBytes(rm, reg, unitOf(form, parts, rm), bytes);
}

/** What a displacement of 8 bits counts in: bytes, or with EVEX the size of what is accessed. */
function unitOf(form: Form, { memoryPattern }: Parts, { broadcast }: MemoryOperand): number {
  if (form.encoding !== "evex") return 1;
  if (broadcast) return memoryPattern?.broadcast ?? 1;
  return form.displacementUnit ?? memoryPattern?.memory ?? 1;
}

const scaleCodes = { 1: 0, 2: 1, 4: 2, 8: 3 } as const;

function memoryBytes(
  { base, index, scale, displacement }: MemoryOperand,
  reg: number,
  unit: number,
  bytes: number[],
): void {
  // rsp and r12 as base need a SIB byte; rbp and r13 a displacement (SDM volume 2A, table 2-5).
  const sib = index !== undefined || base === undefined || (base.index & 7) === 4;
  const rm = sib ? 4 : (base?.index ?? 0) & 7;
  const units = displacement / unit;
  const short = units >= -128 && units <= 127 && Number.isInteger(units);
  const none = base !== undefined && displacement === 0 && (base.index & 7) !== 5;
  const mode = base === undefined || none ? 0 : short ? 0x40 : 0x80;
  bytes.push(mode | reg | rm);
  if (sib)
    bytes.push((scaleCodes[scale] << 6) | ((index ? index.index & 7 : 4) << 3) | (base ? base.index & 7 : 5));
  if (none) return;
  if (base !== undefined && short) bytes.push(units & 0xff);
  else pushSigned32(displacement, bytes);
}
