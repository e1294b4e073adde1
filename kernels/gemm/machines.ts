/**
 * Block sizes by class of machine: which micro-kernel, and how much of A and B is kept in which cache. Sizes follow
 * the model of Low, Igual, Smith & Quintana-Orti (2016), "Analytical Modeling Is Enough for High-Performance BLIS",
 * and were checked by measurement (gemm.bench.ts).
 */
import { type KernelTarget, nativeIsa } from "../codegen/compile.ts";
import type { NativeIsa } from "../native/cpu-features.ts";
import type { Real } from "./arguments.ts";

/** Names as in the literature: an mc x kc block of A, a kc x nc block of B, tiles of mr x nr. */
export interface Blocking {
  readonly mr: number;
  readonly nr: number;
  readonly mc: number;
  readonly nc: number;
  readonly kc: number;
}

/** What vectors a kernel may use: 128 bits of WebAssembly (JavaScript is built alike), or one level of x86-64. */
export type KernelIsa = "wasm" | NativeIsa;

/** The vectors that kernels of a target are built for; JavaScript is built like WebAssembly, whose twin it is. */
export function kernelIsa(target: KernelTarget, wished?: NativeIsa): KernelIsa {
  return target === "native" ? (wished ?? nativeIsa()) : "wasm";
}

export interface MachineRow {
  readonly machine: string;
  readonly isa: KernelIsa;
  /** Length of a vector. */
  readonly vectorBytes: number;
  /** Vector registers that a kernel may use. */
  readonly registers: number;
  /** Id of the micro-kernel: the variant with this tile. */
  readonly kernel: string;
  readonly element: Real;
  readonly blocking: Blocking;
  /** Bytes of A, B and C together up to which reading B where it lies is faster than packing it. */
  readonly inPlaceBytes: number;
  /** Why each number is what it is. */
  readonly reasons: Readonly<Record<keyof Blocking | "inPlaceBytes", string>>;
}

/** One row a class of machine and element type. */
export const machineRows: readonly MachineRow[] = [
  {
    machine: "128-bit vectors, 15 registers (V8 on x86-64), L1 32 KiB, L2 512 KiB or more",
    isa: "wasm",
    vectorBytes: 16,
    registers: 15,
    kernel: "micro-6x8",
    element: "f32",
    blocking: { mr: 6, nr: 8, mc: 96, nc: 1024, kc: 512 },
    inPlaceBytes: 256 * 1024,
    reasons: {
      mr: "6 x 2 sums, 2 vectors of B and 1 broadcast of A are the 15 registers, and more than the 8 chains that latency 4 x 2 a cycle needs",
      nr: "2 vectors: 12 multiply-adds for 8 loads; with 3 (4x12) a sixteenth register is missing and spills cost almost half the speed",
      mc: "mc x kc x 4 B = 192 KiB, under half of a 512 KiB L2, so that B and C pass through the rest; whole tiles",
      nc: "kc x nc x 4 B = 2 MiB, a share of the L3 that one core may expect; 2048 measured no faster",
      kc: "a panel of B (16 KiB) and one of A (12 KiB) fit L1, the one of B to stay; 256 measured up to 5 % slower at 1024, where C is read and written twice as often",
      inPlaceBytes:
        "measured on Zen 5: in place was faster at 13 of 14 shapes below 256 KiB, by up to 56 %; from there to 4 MiB within 7 % either way, beyond slower, 2.5x at 1024 cubed; f64 taken to be alike",
    },
  },
  {
    machine: "128-bit vectors, 15 registers (V8 on x86-64), L1 32 KiB, L2 512 KiB or more",
    isa: "wasm",
    vectorBytes: 16,
    registers: 15,
    kernel: "micro-6x4",
    element: "f64",
    blocking: { mr: 6, nr: 4, mc: 96, nc: 1024, kc: 256 },
    inPlaceBytes: 256 * 1024,
    reasons: {
      mr: "as for f32: the register file counts vectors, not lanes",
      nr: "2 vectors of 2 lanes",
      mc: "mc x kc x 8 B = 192 KiB, as for f32",
      nc: "kc x nc x 8 B = 2 MiB, as for f32",
      kc: "a panel of B (8 KiB) and one of A (12 KiB) fit L1; at 512 the two would not",
      inPlaceBytes:
        "measured on Zen 5: in place was faster at 13 of 14 shapes below 256 KiB, by up to 56 %; from there to 4 MiB within 7 % either way, beyond slower, 2.5x at 1024 cubed; f64 taken to be alike",
    },
  },
  {
    machine:
      "AVX2 and FMA, 16 registers (Haswell to Alder Lake, Zen to Zen 3), L1 32 KiB, L2 256 KiB or more",
    isa: "avx2",
    vectorBytes: 32,
    registers: 16,
    kernel: "micro-6x16",
    element: "f32",
    blocking: { mr: 6, nr: 16, mc: 72, nc: 2048, kc: 256 },
    inPlaceBytes: 5 * 2 ** 20,
    reasons: {
      mr: "6 x 2 sums, 2 vectors of B and 1 broadcast of A are 15 of 16 registers, and more than the 10 chains that latency 5 x 2 a cycle needs",
      nr: "2 vectors: 12 multiply-adds for 8 loads, where the core can do 2 of each a cycle",
      mc: "mc x kc x 4 B = 72 KiB, well under half of a 256 KiB L2",
      nc: "kc x nc x 4 B = 2 MiB, a share of the L3 that one core may expect",
      kc: "a panel of B (16 KiB) and one of A (6 KiB) fit L1, the one of B to stay",
      inPlaceBytes:
        "measured on Zen 5 (L2 of 1 MiB): in place was faster at 28 of 29 shapes below 5 MiB, by up to 49 %, and as fast at 512 cubed; beyond, slower at 6 of 8, 0.52x at 1024 cubed; f64 taken to be alike",
    },
  },
  {
    machine:
      "AVX2 and FMA, 16 registers (Haswell to Alder Lake, Zen to Zen 3), L1 32 KiB, L2 256 KiB or more",
    isa: "avx2",
    vectorBytes: 32,
    registers: 16,
    kernel: "micro-6x8",
    element: "f64",
    blocking: { mr: 6, nr: 8, mc: 72, nc: 1024, kc: 256 },
    inPlaceBytes: 5 * 2 ** 20,
    reasons: {
      mr: "as for f32: the register file counts vectors, not lanes",
      nr: "2 vectors of 4 lanes",
      mc: "mc x kc x 8 B = 144 KiB, just over half of a 256 KiB L2",
      nc: "kc x nc x 8 B = 2 MiB, as for f32",
      kc: "a panel of B (16 KiB) and one of A (12 KiB) fit L1",
      inPlaceBytes:
        "measured on Zen 5 (L2 of 1 MiB): in place was faster at 28 of 29 shapes below 5 MiB, by up to 49 %, and as fast at 512 cubed; beyond, slower at 6 of 8, 0.52x at 1024 cubed; f64 taken to be alike",
    },
  },
  {
    machine:
      "AVX-512, 32 registers (Skylake-X to Sapphire Rapids, Zen 4, Zen 5), L1 32 KiB or more, L2 1 MiB or more",
    isa: "avx512",
    vectorBytes: 64,
    registers: 32,
    kernel: "micro-12x32",
    element: "f32",
    blocking: { mr: 12, nr: 32, mc: 192, nc: 2048, kc: 256 },
    inPlaceBytes: 12 * 2 ** 20,
    reasons: {
      mr: "12 x 2 sums, 2 vectors of B and 1 broadcast of A are 27 of 32 registers; 14 rows fit too, but were up to 10 % slower: packing copies 8 + 4 rows by squares, and where rows of C are 2^n bytes apart, 12 lines share a set of 12 ways and 14 do not",
      nr: "2 vectors: 24 multiply-adds for 14 loads; both units can be fed from L1. 3 (8x48) is as fast on large squares, and wastes more at the border",
      mc: "mc x kc x 4 B = 192 KiB, a fifth of a 1 MiB L2; 384 and 768 measured the same within noise",
      nc: "kc x nc x 4 B = 2 MiB, a share of the L3 that one core may expect",
      kc: "a panel of B is 32 KiB: it shares 48 KiB of L1 with a panel of A (12 KiB); 32 KiB of L1 stream it from L2, which the 24 multiply-adds a step allow",
      inPlaceBytes:
        "measured on Zen 5: in place was faster at 28 of 29 shapes below 12 MiB, by up to 60 %, and slower from 1024 cubed on; f64 taken to be alike",
    },
  },
  {
    machine:
      "AVX-512, 32 registers (Skylake-X to Sapphire Rapids, Zen 4, Zen 5), L1 32 KiB or more, L2 1 MiB or more",
    isa: "avx512",
    vectorBytes: 64,
    registers: 32,
    kernel: "micro-12x16",
    element: "f64",
    blocking: { mr: 12, nr: 16, mc: 192, nc: 1024, kc: 192 },
    inPlaceBytes: 12 * 2 ** 20,
    reasons: {
      mr: "as for f32: the register file counts vectors, not lanes",
      nr: "2 vectors of 8 lanes",
      mc: "mc x kc x 8 B = 288 KiB, under half of a 1 MiB L2",
      nc: "kc x nc x 8 B = 1.5 MiB, a share of the L3 that one core may expect",
      kc: "a panel of B (24 KiB) and one of A (18 KiB) fit 48 KiB of L1; at 256 the two would not",
      inPlaceBytes:
        "measured on Zen 5: in place was faster at 28 of 29 shapes below 12 MiB, by up to 60 %, and slower from 1024 cubed on; f64 taken to be alike",
    },
  },
];

/** The row of a machine class and element type. */
export function machineRow(element: Real, isa: KernelIsa): MachineRow {
  const row = machineRows.find((candidate) => candidate.element === element && candidate.isa === isa);
  if (!row) throw new Error(`no machine row for ${element} on ${isa}`);
  return row;
}
