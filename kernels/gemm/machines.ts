/**
 * Block sizes by class of machine: which micro-kernel, and how much of A and B is kept in which cache. Sizes follow
 * the analytical model of Low et al. (2016), "Analytical Modeling Is Enough for High-Performance BLIS".
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
  /** What executes: lanes of 32 bits in a vector and vector registers that a kernel may use. */
  readonly machine: string;
  readonly element: Real;
  readonly blocking: Blocking;
  /** Why each number is what it is. */
  readonly reasons: Readonly<Record<keyof Blocking, string>>;
}

/** One row a class; the last row of an element type serves machines that no other row describes. */
export const machineRows: readonly MachineRow[] = [
  {
    machine: "128-bit vectors, 15 registers (V8 on x86-64)",
    element: "f32",
    blocking: { mr: 6, nr: 8, mc: 192, nc: 2048, kc: 256 },
    reasons: {
      mr: "",
      nr: "",
      mc: "",
      nc: "",
      kc: "",
    },
  },
];
