/**
 * Operands for the tests of encoding: for each form of the table, registers and addresses from every corner.
 */
import type { Form, Pattern } from "./forms.ts";
import type { InstructionName } from "./instructions.ts";
import type { Instruction } from "./match.ts";
import { atLabel, type Label, type MemoryOperand, memory, memoryAtIndex, type Operand } from "./operands.ts";
import {
  type Gpr,
  gprs,
  low,
  mask,
  r9,
  r12,
  r13,
  r15,
  rax,
  rbp,
  rbx,
  rsi,
  rsp,
  type VectorBits,
  vector,
} from "./registers.ts";

/** How the operands of one instruction are chosen: a number picks registers, an address stands where one can. */
export interface Choice {
  /** Register number of the first operand; the others follow. */
  readonly first: number;
  /** Undefined: registers wherever there is a choice. */
  readonly address?: MemoryOperand;
  readonly immediate?: number;
  readonly mask?: number;
  readonly zeroing?: boolean;
}

/** The instruction of a form with these choices, or undefined where the form cannot have them. */
export function instructionOf(form: Form, choice: Choice): Instruction | undefined {
  const { address, mask: maskIndex, zeroing = false } = choice;
  const takesAddress = form.patterns.some((pattern) => fitsAddress(pattern, address));
  if (address && !takesAddress) return undefined;
  const operands = form.patterns.map((pattern, at) => operandOf(form, pattern, at, choice));
  if (operands.includes(undefined)) return undefined;
  const base = { name: form.name as InstructionName, operands: operands as Operand[] };
  if (maskIndex === undefined) return form.masked === "always" ? undefined : base;
  const first = base.operands[0] as Operand;
  const clears = typeof first === "object" && first.kind === "vector" && form.masked === "maybe";
  if (form.masked === "never" || (zeroing && !clears)) return undefined;
  return { ...base, mask: mask(maskIndex), zeroing };
}

function fitsAddress({ memory: bytes, broadcast }: Pattern, address: MemoryOperand | undefined): boolean {
  return bytes !== undefined && (!address?.broadcast || broadcast !== undefined);
}

function operandOf(form: Form, pattern: Pattern, at: number, choice: Choice): Operand | undefined {
  const { register, immediate, memory: bytes, indexBits } = pattern;
  if (immediate) return choice.immediate ?? 1;
  if (bytes !== undefined && (choice.address || !register)) return addressOf(form, pattern, choice);
  if (!register || indexBits) return undefined;
  const number = choice.first + 3 * at;
  if (register.kind === "mask") return mask(number % 8);
  if (register.kind === "gpr") return sized(gprs[number % 16] as Gpr, register.bits);
  return vector(number % (form.encoding === "evex" ? 32 : 16), register.bits as VectorBits);
}

const sized = (gpr: Gpr, bits: number): Gpr => (bits === 64 ? gpr : low(gpr));

/** The address, saying its size: some rows would not know it otherwise. */
function addressOf(
  form: Form,
  { memory: bytes = 0, indexBits }: Pattern,
  choice: Choice,
): MemoryOperand | undefined {
  const address = choice.address;
  if (!address) return undefined;
  if (!indexBits) return { ...address, bytes };
  if (address.label || !address.base) return undefined;
  const index = vector((choice.first + 1) % (form.encoding === "evex" ? 32 : 16), indexBits as VectorBits);
  return { ...address, index, bytes };
}

/** Addresses with every kind of ModRM, SIB and displacement. `unit`: what a compressed displacement counts in. */
export function addresses(unit: number, label: Label): MemoryOperand[] {
  const displacements = [0, 1, -1, 127, 128, -128, -129, 0x12345678, -0x80000000, 0x7fffffff];
  const compressed = [unit, -unit, 127 * unit, 128 * unit, -128 * unit, -129 * unit, 2 * unit + 1];
  const scales = [1, 2, 4, 8] as const;
  return [
    ...gprs.map((base) => memory(base)),
    ...[...displacements, ...compressed].map((displacement) => memory(rbx, { displacement })),
    ...[...displacements, ...compressed].map((displacement) => memory(r12, { index: r9, displacement })),
    ...gprs
      .filter((index) => index !== rsp)
      .map((index, at) => memory(rsi, { index, scale: scales[at % 4] ?? 1 })),
    ...scales.map((scale) => memory(rbp, { index: rbp, scale })),
    ...scales.map((scale) => memory(r13, { index: r15, scale, displacement: unit })),
    memory(rsp, { index: r12, scale: 8, displacement: -unit }),
    memoryAtIndex(rax, { scale: 4 }),
    memoryAtIndex(r13, { scale: 8, displacement: -64 }),
    memoryAtIndex(rbp, { displacement: 0x1000 }),
    atLabel(label),
    atLabel(label, { displacement: 8 }),
  ];
}
