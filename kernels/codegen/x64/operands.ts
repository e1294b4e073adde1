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
  readonly base?: Gpr;
  /** A general-purpose register; a vector of 32-bit indexes for gathers alone. */
  readonly index?: Gpr | VectorRegister;
  readonly scale: 1 | 2 | 4 | 8;
  /** In bytes, signed 32 bits. */
  readonly displacement: number;
  /** One element is read and repeated in each lane (EVEX). */
  readonly broadcast?: boolean;
  /** Bytes of the operand (before a broadcast narrows it), where no register of the instruction tells them. */
  readonly bytes?: number;
  /** With a label there are no base and index. */
  readonly label?: Label;
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
  return { kind: "memory", base, scale: 1, displacement: 0, ...options };
}

/**
 * [index · scale + displacement], without a base.
 *
 * @throws ProgramError as `memory` does
 */
export function memoryAtIndex(index: Gpr, options: Omit<MemoryOptions, "index"> = {}): MemoryOperand {
  checkAddress(undefined, { ...options, index });
  return { kind: "memory", index, scale: 1, displacement: 0, ...options };
}

/** What lies at a label, addressed relative to the instruction pointer: literals. */
export function atLabel(
  label: Label,
  options: { readonly broadcast?: boolean; readonly bytes?: number; readonly displacement?: number } = {},
): MemoryOperand {
  return { kind: "memory", scale: 1, displacement: 0, label, ...options };
}

function checkAddress(base: Gpr | undefined, { index, scale = 1, displacement = 0 }: MemoryOptions): void {
  const wrong = (expected: string, found: string, remedy: string): never => {
    throw new ProgramError("x64 address", { expected, found, remedy });
  };
  for (const reg of [base, index]) {
    if (reg?.kind === "gpr" && reg.bits !== 64)
      wrong("64-bit registers", registerName(reg), "Sign-extend it with movsxd first.");
  }
  // Index 4 without its extension bit means "no index" (SDM volume 2A, table 2-3).
  if (index?.kind === "gpr" && index.index === 4)
    wrong("an index other than rsp", "rsp", "Swap base and index, or copy rsp.");
  if (![1, 2, 4, 8].includes(scale))
    wrong("a scale of 1, 2, 4 or 8", `${scale}`, "Multiply the index first.");
  if (displacement !== (displacement | 0))
    wrong("a displacement of 32 bits, signed", `${displacement}`, "Add it to the base first.");
}

/** Whether an operand is an immediate. */
export function isImmediate(operand: Operand): operand is number | bigint {
  return typeof operand === "number" || typeof operand === "bigint";
}
