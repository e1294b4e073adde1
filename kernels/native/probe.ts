/**
 * A generated function for each level of vector instructions: broadcasts the first number of a vector, adds the squares
 * of all, and stores the sums. Executing it shows that what CPUID promises is so; emulators have been known to differ.
 */
import type { NativeIsa } from "./availability.ts";
import { loadCode } from "./executable.ts";
import { addressOf } from "./foreign.ts";

const windows = process.platform === "win32";
/** ModRM of the memory operand [argument], the argument being in rdi or, on Windows, in rcx; with register 0 and 1. */
const [memory0, memory1] = windows ? [0x01, 0x09] : [0x07, 0x0f];

const code: Readonly<Record<NativeIsa, Uint8Array>> = {
  avx2: Uint8Array.of(
    ...[0xc5, 0xfc, 0x10, memory0], // vmovups ymm0, [argument]
    ...[0xc4, 0xe2, 0x7d, 0x18, 0xc8], // vbroadcastss ymm1, xmm0
    ...[0xc4, 0xe2, 0x7d, 0xb8, 0xc8], // vfmadd231ps ymm1, ymm0, ymm0
    ...[0xc5, 0xfc, 0x11, memory1], // vmovups [argument], ymm1
    ...[0xc5, 0xf8, 0x77, 0xc3], // vzeroupper; ret
  ),
  avx512: Uint8Array.of(
    ...[0x62, 0xe1, 0x7c, 0x48, 0x10, memory0], // vmovups zmm16, [argument]
    ...[0x62, 0xa2, 0x7d, 0x48, 0x18, 0xc8], // vbroadcastss zmm17, xmm16
    ...[0x62, 0xa2, 0x7d, 0x40, 0xb8, 0xc8], // vfmadd231ps zmm17, zmm16, zmm16
    ...[0x62, 0xe1, 0x7c, 0x48, 0x11, memory1], // vmovups [argument], zmm17
    ...[0xc5, 0xf8, 0x77, 0xc3], // vzeroupper; ret
  ),
};

/** Lanes of float32 that each function works on. */
const lanes: Readonly<Record<NativeIsa, number>> = { avx2: 8, avx512: 16 };

/**
 * Executes the function of a level, which must be one that the CPU has, and checks every lane.
 *
 * @throws RefusedMemory, ForeignUnavailable
 */
export function probe(isa: NativeIsa): boolean {
  const block = Float32Array.from({ length: lanes[isa] }, (_, i) => i + 1);
  const loaded = loadCode(code[isa]);
  loaded.entry()(addressOf(block));
  loaded.release();
  return block.every((value, i) => value === (i + 1) ** 2 + 1);
}
