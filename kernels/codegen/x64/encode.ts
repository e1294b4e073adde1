/**
 * Writes the bytes of one instruction: prefixes, REX, VEX or EVEX, opcode, ModRM, SIB, displacement, immediate.
 * Reference: Intel SDM volume 2A, 2.1 (legacy), 2.3 (VEX), 2.7 (EVEX, compressed displacements in 2.7.5).
 */
import type { Form, Pattern } from "./forms.ts";
import type { Instruction } from "./match.ts";
import { isImmediate, type Label, type MemoryOperand, type Operand } from "./operands.ts";
import type { Register } from "./registers.ts";

/** Bytes of an instruction; where its displacement refers to a label, the four bytes to fill in. */
export interface Encoded {
  readonly bytes: readonly number[];
  readonly reference?: Reference;
}

/** Four bytes at `at` that become the distance from the end of the instruction to label + addend. */
export interface Reference {
  readonly at: number;
  readonly label: Label;
  readonly addend: number;
}

/** The operands by the role that they have in the encoding. */
interface Parts {
  reg: number;
  rm: Register | MemoryOperand | undefined;
  vvvv: number;
  opcodeRegister: number;
  /** The bytes behind the displacement. */
  immediate: number[];
  memoryPattern: Pattern | undefined;
}

/** The bytes of an instruction in a form that takes its operands. */
export function encode(form: Form, instruction: Instruction): Encoded {
  const parts = partsOf(form, instruction.operands);
  const address = addressBytes(form, parts);
  const head = headOf(form, parts, instruction);
  const at = head.length;
  const bytes = [...head, ...address.bytes, ...parts.immediate];
  const { label, displacement = 0 } = memoryIn(parts) ?? {};
  // mod 00 rm 101: the 32-bit displacement is all that follows ModRM.
  return label ? { bytes, reference: { at: at + 1, label, addend: displacement } } : { bytes };
}

const memoryIn = ({ rm }: Parts): MemoryOperand | undefined => (rm?.kind === "memory" ? rm : undefined);

function partsOf(form: Form, operands: readonly Operand[]): Parts {
  const parts: Parts = {
    reg: form.digit ?? 0,
    rm: undefined,
    vvvv: 0,
    opcodeRegister: 0,
    immediate: [],
    memoryPattern: undefined,
  };
  form.patterns.forEach((pattern, at) => {
    const operand = operands[at] as Operand;
    if (isImmediate(operand)) parts.immediate = immediateBytes(operand, pattern);
    else if (pattern.role === "M") {
      parts.rm = operand as Register | MemoryOperand;
      parts.memoryPattern = pattern;
    } else if (operand.kind !== "label" && operand.kind !== "memory") place(parts, pattern, operand.index);
  });
  return parts;
}

function place(parts: Parts, { role }: Pattern, index: number): void {
  if (role === "R") parts.reg = index;
  else if (role === "V") parts.vvvv = index;
  else if (role === "O") parts.opcodeRegister = index;
  else if (role === "S") parts.immediate = [index << 4];
}

const immediateSizes = { u8: 1, i8: 1, s8: 1, i32: 4, u32: 4, i64: 8 } as const;

function immediateBytes(value: number | bigint, { immediate = "u8" }: Pattern): number[] {
  return littleEndian(value, immediateSizes[immediate]);
}

function littleEndian(value: number | bigint, size: 1 | 4 | 8): number[] {
  if (size === 8)
    return [...littleEndian(BigInt.asIntN(32, BigInt(value)), 4), ...littleEndian(BigInt(value) >> 32n, 4)];
  const bytes = signed32(Number(BigInt.asIntN(32, BigInt(value))));
  return size === 1 ? bytes.slice(0, 1) : bytes;
}

/** A number of 32 bits as bytes. */
export const signed32 = (value: number): number[] => [
  value & 0xff,
  (value >> 8) & 0xff,
  (value >> 16) & 0xff,
  value >>> 24,
];

function headOf(form: Form, parts: Parts, instruction: Instruction): number[] {
  if (form.encoding === "legacy") return legacyHead(form, parts);
  const [opcode = 0] = form.opcode;
  const prefix = form.encoding === "vex" ? vexPrefix(form, parts) : evexPrefix(form, parts, instruction);
  return [...prefix, opcode];
}

/** High bits of the registers: R of ModRM.reg, X of the index, B of base or ModRM.rm; each 0 or 1. */
function extensions({ reg, rm, opcodeRegister }: Parts): { r: number; x: number; b: number } {
  const memory = rm?.kind === "memory" ? rm : undefined;
  const base = memory
    ? (memory.base?.index ?? 0)
    : rm && "index" in rm && typeof rm.index === "number"
      ? rm.index
      : opcodeRegister;
  return { r: (reg >> 3) & 1, x: ((memory?.index?.index ?? 0) >> 3) & 1, b: (base >> 3) & 1 };
}

function legacyHead(form: Form, parts: Parts): number[] {
  const { r, x, b } = extensions(parts);
  const rex = (form.w << 3) | (r << 2) | (x << 1) | b;
  const opcode = [...form.opcode];
  const last = opcode.length - 1;
  opcode[last] = (opcode[last] ?? 0) | (parts.opcodeRegister & 7);
  return [...form.prefixes, ...(rex ? [0x40 | rex] : []), ...opcode];
}

const prefixCodes: Readonly<Record<number, number>> = { 102: 1, 243: 2, 242: 3 };
const prefixCode = ({ prefixes: [prefix] }: Form): number => (prefix && prefixCodes[prefix]) || 0;
const lengthCodes = { 128: 0, 256: 1, 512: 2 } as const;

function vexPrefix(form: Form, parts: Parts): number[] {
  const { r, x, b } = extensions(parts);
  const tail = ((~parts.vvvv & 15) << 3) | (lengthCodes[form.bits] << 2) | prefixCode(form);
  if (!x && !b && !form.w && form.map === 1) return [0xc5, ((r ^ 1) << 7) | tail];
  return [0xc4, ((r ^ 1) << 7) | ((x ^ 1) << 6) | ((b ^ 1) << 5) | form.map, (form.w << 7) | tail];
}

function evexPrefix(form: Form, parts: Parts, { mask, zeroing }: Instruction): number[] {
  const { r, x, b } = extensions(parts);
  const { reg, rm, vvvv } = parts;
  const memory = memoryIn(parts);
  // A register in ModRM.rm has its fifth bit in X; an index that is a vector has it in V'.
  const fifthX = rm && rm.kind !== "memory" ? (rm.index >> 4) & 1 : x;
  const fifthV = memory?.index?.kind === "vector" ? memory.index.index >> 4 : vvvv >> 4;
  const p0 = ((r ^ 1) << 7) | ((fifthX ^ 1) << 6) | ((b ^ 1) << 5) | (((reg >> 4) ^ 1) << 4) | form.map;
  const p1 = (form.w << 7) | ((~vvvv & 15) << 3) | 4 | prefixCode(form);
  const broadcast = memory?.broadcast ? 1 : 0;
  const p2 =
    ((zeroing ? 1 : 0) << 7) |
    (lengthCodes[form.bits] << 5) |
    (broadcast << 4) |
    (((fifthV & 1) ^ 1) << 3) |
    (mask?.index ?? 0);
  return [0x62, p0, p1, p2];
}

/** ModRM, SIB and displacement. */
function addressBytes(form: Form, parts: Parts): { bytes: number[] } {
  const { rm } = parts;
  if (!rm) return { bytes: [] };
  const reg = (parts.reg & 7) << 3;
  if (rm.kind !== "memory") return { bytes: [0xc0 | reg | (rm.index & 7)] };
  if (rm.label) return { bytes: [reg | 5, 0, 0, 0, 0] };
  return { bytes: memoryBytes(rm, reg, unitOf(form, parts, rm)) };
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
): number[] {
  // rsp and r12 as base need a SIB byte; rbp and r13 a displacement (SDM volume 2A, table 2-5).
  const sib = index !== undefined || base === undefined || (base.index & 7) === 4;
  const code = (scaleCodes[scale] << 6) | ((index ? index.index & 7 : 4) << 3) | (base ? base.index & 7 : 5);
  const rm = sib ? 4 : (base?.index ?? 0) & 7;
  const tail = sib ? [code] : [];
  if (base === undefined) return [reg | rm, ...tail, ...signed32(displacement)];
  if (displacement === 0 && (base.index & 7) !== 5) return [reg | rm, ...tail];
  const units = displacement / unit;
  const short = Number.isInteger(units) && units >= -128 && units <= 127;
  if (short) return [0x40 | reg | rm, ...tail, units & 0xff];
  return [0x80 | reg | rm, ...tail, ...signed32(displacement)];
}
