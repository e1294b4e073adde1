/**
 * The registers of x86-64 as records: general-purpose ones, vectors of three widths that share one file, and masks.
 * Names as Intel writes them (SDM volume 1, 3.4 and 15.1).
 */
import { ProgramError } from "../errors.ts";

/** A general-purpose register; 32 bits are the lower half, and writing it clears the upper one. */
export interface Gpr {
  readonly kind: "gpr";
  /** 0 to 15, in the order of the encoding: rax rcx rdx rbx rsp rbp rsi rdi r8 … r15. */
  readonly index: number;
  readonly bits: 32 | 64;
}

export type VectorBits = 128 | 256 | 512;

/** xmm, ymm or zmm of one index are the same register, seen at three widths. Those from 16 on need AVX-512. */
export interface VectorRegister {
  readonly kind: "vector";
  readonly index: number;
  readonly bits: VectorBits;
}

/** k0 to k7. As a write mask k0 means "no mask". */
export interface MaskRegister {
  readonly kind: "mask";
  readonly index: number;
}

export type Register = Gpr | VectorRegister | MaskRegister;

const gprNames = ["ax", "cx", "dx", "bx", "sp", "bp", "si", "di"];

const gpr = (index: number, bits: 32 | 64 = 64): Gpr => Object.freeze({ kind: "gpr", index, bits });

export const rax: Gpr = gpr(0);
export const rcx: Gpr = gpr(1);
export const rdx: Gpr = gpr(2);
export const rbx: Gpr = gpr(3);
export const rsp: Gpr = gpr(4);
export const rbp: Gpr = gpr(5);
export const rsi: Gpr = gpr(6);
export const rdi: Gpr = gpr(7);
export const r8: Gpr = gpr(8);
export const r9: Gpr = gpr(9);
export const r10: Gpr = gpr(10);
export const r11: Gpr = gpr(11);
export const r12: Gpr = gpr(12);
export const r13: Gpr = gpr(13);
export const r14: Gpr = gpr(14);
export const r15: Gpr = gpr(15);

/** The sixteen general-purpose registers in the order of their indexes, 64 bits wide. */
export const gprs: readonly Gpr[] = [
  ...[rax, rcx, rdx, rbx, rsp, rbp, rsi, rdi],
  ...[r8, r9, r10, r11, r12, r13, r14, r15],
];

const lower = gprs.map(({ index }) => gpr(index, 32));

/** The same register, 32 bits wide: eax for rax. */
export function low(reg: Gpr): Gpr {
  return lower[reg.index] ?? reg;
}

/** By width: 0, 1 and 2 for 128, 256 and 512 bits, which is `bits >> 8`. */
const vectors = ([128, 256, 512] as const).map((bits) =>
  Array.from({ length: 32 }, (_, index): VectorRegister => Object.freeze({ kind: "vector", index, bits })),
);

/** xmm, ymm or zmm of this index. @throws ProgramError where there is no such register */
export function vector(index: number, bits: VectorBits): VectorRegister {
  return vectors[bits >> 8]?.[index] ?? noRegister("vector register", index, 31);
}

const masks = Array.from({ length: 8 }, (_, index): MaskRegister => Object.freeze({ kind: "mask", index }));

/** k0 to k7. @throws ProgramError where there is no such register */
export function mask(index: number): MaskRegister {
  return masks[index] ?? noRegister("mask register", index, 7);
}

function noRegister(what: string, index: number, last: number): never {
  throw new ProgramError("x64", {
    expected: `a ${what} from 0 to ${last}`,
    found: `${index}`,
    remedy: "Use fewer at a time.",
  });
}

/** "rax", "eax", "r8d", "zmm31", "k1". */
export function registerName(register: Register): string {
  if (register.kind === "mask") return `k${register.index}`;
  if (register.kind === "vector") return `${vectorLetter[register.bits]}mm${register.index}`;
  const { index, bits } = register;
  if (index < 8) return `${bits === 64 ? "r" : "e"}${gprNames[index]}`;
  return `r${index}${bits === 64 ? "" : "d"}`;
}

const vectorLetter = { 128: "x", 256: "y", 512: "z" } as const;
