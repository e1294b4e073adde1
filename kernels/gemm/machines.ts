/**
 * Block sizes by class of machine: which micro-kernel, and how much of A and B is kept in which cache. Sizes follow
 * the model of Low, Igual, Smith & Quintana-Orti (2016), "Analytical Modeling Is Enough for High-Performance BLIS",
 * and were checked by measurement (gemm.bench.ts).
 */
import type { Real } from "./arguments.ts";

/** Names as in the literature: an mc x kc block of A, a kc x nc block of B, tiles of mr x nr. */
export interface Blocking {
  readonly mr: number;
  readonly nr: number;
  readonly mc: number;
  readonly nc: number;
  readonly kc: number;
}

export interface MachineRow {
  readonly machine: string;
  /** Id of the micro-kernel: the variant with this tile. */
  readonly kernel: string;
  readonly element: Real;
  readonly blocking: Blocking;
  /** Why each number is what it is. */
  readonly reasons: Readonly<Record<keyof Blocking, string>>;
}

/** One row a class of machine and element type; the first that matches the element is used. */
export const machineRows: readonly MachineRow[] = [
  {
    machine: "128-bit vectors, 15 registers (V8 on x86-64), L1 32 KiB, L2 512 KiB or more",
    kernel: "micro-6x8",
    element: "f32",
    blocking: { mr: 6, nr: 8, mc: 96, nc: 1024, kc: 512 },
    reasons: {
      mr: "6 x 2 sums, 2 vectors of B and 1 broadcast of A are the 15 registers, and more than the 8 chains that latency 4 x 2 a cycle needs",
      nr: "2 vectors: 12 multiply-adds for 8 loads; with 3 (4x12) a sixteenth register is missing and spills cost almost half the speed",
      mc: "mc x kc x 4 B = 192 KiB, under half of a 512 KiB L2, so that B and C pass through the rest; whole tiles",
      nc: "kc x nc x 4 B = 2 MiB, a share of the L3 that one core may expect; 2048 measured no faster",
      kc: "a panel of B (16 KiB) and one of A (12 KiB) fit L1, the one of B to stay; 256 measured up to 5 % slower at 1024, where C is read and written twice as often",
    },
  },
  {
    machine: "128-bit vectors, 15 registers (V8 on x86-64), L1 32 KiB, L2 512 KiB or more",
    kernel: "micro-6x4",
    element: "f64",
    blocking: { mr: 6, nr: 4, mc: 96, nc: 1024, kc: 256 },
    reasons: {
      mr: "as for f32: the register file counts vectors, not lanes",
      nr: "2 vectors of 2 lanes",
      mc: "mc x kc x 8 B = 192 KiB, as for f32",
      nc: "kc x nc x 8 B = 2 MiB, as for f32",
      kc: "a panel of B (8 KiB) and one of A (12 KiB) fit L1; at 512 the two would not",
    },
  },
];
