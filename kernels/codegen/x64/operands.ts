/**
 * What instructions work on: registers, memory, labels, immediates. An operand is a plain record; whether an
 * instruction takes it is decided by its row (forms.ts).
 */
import { ProgramError } from "../errors.ts";
import { type Gpr, type Register, registerName, type VectorRegister } from "./registers.ts";

/** A place in the code or in its literal pool; made and bound by an Assembler. */
export interface Label {
  readonly kind: "label";
  readonly name: string;
}

/** base + index · scale + displacement, or the address of a label, relative to the instruction pointer. */
export interface MemoryOperand {
  readonly kind: "memory";
  readonly base: Gpr | undefined;
  /** A general-purpose register; a vector of 32-bit indexes for gathers alone. */
  readonly index: Gpr | VectorRegister | undefined;
  readonly scale: 1 | 2 | 4 | 8;
  /** In bytes, signed 32 bits. */
  readonly displacement: number;
  /** One element is read and repeated in each lane (EVEX). */
  readonly broadcast: boolean;
  /** Bytes of the operand (before a broadcast narrows it), where no register of the instruction tells them. */
  readonly bytes: number | undefined;
  /** With a label there are no base and index. */
  readonly label: Label | undefined;
}

/** An immediate is a number, or a bigint where 64 bits are needed. */
export type Operand = Register | MemoryOperand | Label | number | bigint;

export interface MemoryOptions {
  readonly index?: Gpr | VectorRegister;
  readonly scale?: 1 | 2 | 4 | 8;
  readonly displacement?: number;
  readonly broadcast?: boolean;
  readonly bytes?: number;
}

/**
 * [base + index · scale + displacement].
 *
 * @throws ProgramError for registers that cannot be in an address, and for a displacement beyond 32 bits
 * @example memory(rdi, { index: rax, scale: 4, displacement: 64 })   // [rdi+rax*4+0x40]
 */
export function memory(base: Gpr, options: MemoryOptions = {}): MemoryOperand {
  checkAddress(base, options);
  const { index, scale = 1, displacement = 0, broadcast = false, bytes } = options;
  // One shape of record for all: the encoder reads several of these in every instruction.
  return { kind: "memory", base, index, scale, displacement, broadcast, bytes, label: undefined };
}

/**
 * [index · scale + displacement], without a base.
 *
 * @throws ProgramError as `memory` does
 */
export function memoryAtIndex(index: Gpr, options: Omit<MemoryOptions, "index"> = {}): MemoryOperand {
  checkAddress(undefined, { ...options, index });
  const { scale = 1, displacement = 0, broadcast = false, bytes } = options;
  return { kind: "memory", base: undefined, index, scale, displacement, broadcast, bytes, label: undefined };
}

/** What lies at a label, addressed relative to the instruction pointer: literals. */
export function atLabel(
  label: Label,
  options: { readonly broadcast?: boolean; readonly bytes?: number; readonly displacement?: number } = {},
): MemoryOperand {
  const { displacement = 0, broadcast = false, bytes } = options;
  return {
    kind: "memory",
    base: undefined,
    index: undefined,
    scale: 1,
    displacement,
    broadcast,
    bytes,
    label,
  };
}

function checkAddress(base: Gpr | undefined, { index, scale = 1, displacement = 0 }: MemoryOptions): void {
  const narrow = base?.bits === 32 ? base : index?.kind === "gpr" && index.bits === 32 ? index : undefined;
  if (narrow) wrong("64-bit registers", registerName(narrow), "Sign-extend it with movsxd first.");
  // Index 4 without its extension bit means "no index" (SDM volume 2A, table 2-3).
  if (index?.kind === "gpr" && index.index === 4)
    wrong("an index other than rsp", "rsp", "Swap base and index, or copy rsp.");
  if (scale !== 1 && scale !== 2 && scale !== 4 && scale !== 8)
    wrong("a scale of 1, 2, 4 or 8", `${scale}`, "Multiply the index first.");
  if (displacement !== (displacement | 0))
    wrong("a displacement of 32 bits, signed", `${displacement}`, "Add it to the base first.");
}

function wrong(expected: string, found: string, remedy: string): never {
  throw new ProgramError("x64 address", { expected, found, remedy });
}

/** Whether an operand is an immediate. */
export function isImmediate(operand: Operand): operand is number | bigint {
  return typeof operand === "number" || typeof operand === "bigint";
}
