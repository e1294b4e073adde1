/**
 * The two levels of x86-64 that code is generated for, and what each offers to the register allocator. One switch
 * apart from the instructions, because every part of the lowering asks it.
 */

/** `avx2`: 256 bits, 16 registers, fused multiply-add. `avx512`: 512 bits, 32 registers, masks (F, BW, DQ and VL). */
export type Isa = "avx2" | "avx512";

/** How functions are called on an operating system. */
export type CallingConvention = "system-v" | "windows";

export interface IsaRow {
  /** Bits of the widest vector. */
  readonly bits: 256 | 512;
  /** Vector registers that can be named. */
  readonly registers: 16 | 32;
  /** Whether the first lanes of a vector are chosen by a mask register, or by a vector of all-one lanes. */
  readonly masks: boolean;
}

export const isaRows: Readonly<Record<Isa, IsaRow>> = {
  avx2: { bits: 256, registers: 16, masks: false },
  avx512: { bits: 512, registers: 32, masks: true },
};

/** Lanes of the widest vector. */
export function widestLanes(isa: Isa, elementBytes: number): number {
  return isaRows[isa].bits / 8 / elementBytes;
}
