/**
 * GEMM as five loops around a micro-kernel (Goto & van de Geijn 2008; Van Zee & van de Geijn 2015, figure 1): the outer
 * three in loops/, the inner two and the micro-kernel in programs/. One level of blocking is the same with mc and nc as
 * large as the matrix.
 */
import { bytesOf } from "../codegen/expressions.ts";
import type { GemmShape, Real } from "./arguments.ts";
import { inOrder, type OuterOrder } from "./loops/any-order.ts";
import { overColumns } from "./loops/fifth-columns.ts";
import type { Blocking } from "./machines.ts";
import type { GemmPlan } from "./plan.ts";
import {
  type MacroKernelOptions,
  macroKernelProgram,
  scatteringMacroKernelProgram,
} from "./programs/macro-kernel.ts";
import { packAcrossProgram, packAlongProgram, packStridedProgram } from "./programs/pack.ts";

export interface PackedOptions extends MacroKernelOptions {
  /** Order of the outer loops (default: `jpi`, the literature's). */
  readonly order?: OuterOrder | undefined;
}

/** The plan of a packed and blocked GEMM; `mc` and `nc` may be Infinity (one level). */
export function packedPlan(
  variant: string,
  element: Real,
  blocking: Blocking,
  lanes: number,
  options: PackedOptions = {},
): GemmPlan {
  const { mr, nr } = blocking;
  const { order = "jpi" } = options;
  const tile = { mr, nr, lanes };
  const ofA = { width: mr, element, lanes };
  const ofB = { width: nr, element, lanes };
  const bytes = bytesOf[element];
  return {
    variant,
    element,
    grain: { rows: mr, columns: nr },
    anyStride: true,
    overwrites: true,
    programs: {
      macro: macroKernelProgram(tile, element, options),
      acrossA: packAcrossProgram(ofA),
      alongB: packAlongProgram(ofB),
    },
    // What transposed and strided operands need; made when they are met.
    further: {
      alongA: () => packAlongProgram(ofA),
      acrossB: () => packAcrossProgram(ofB),
      stridedA: () => packStridedProgram(ofA),
      stridedB: () => packStridedProgram(ofB),
      macroScattered: () => scatteringMacroKernelProgram(tile, element),
    },
    workspace: (largest) => {
      const { sizeA, sizeB } = panels(largest, blocking);
      return sizeA + sizeB + mr * nr;
    },
    multiply: (calls, call, workspace, largest) => {
      const { sizeA, sizeB } = panels(largest, blocking);
      const packedB = workspace + sizeA * bytes;
      const edge = packedB + sizeB * bytes;
      const sweep = { call, blocking, calls, packedA: workspace, packedB, edge, bytes };
      if (order === "jpi") overColumns(sweep);
      else inOrder(sweep, order);
    },
  };
}

const roundUp = (value: number, step: number): number => Math.ceil(value / step) * step;

/** Elements of the packed block of A and of B, each up to whole panels and whole cache lines. */
function panels(largest: GemmShape, { mr, nr, mc, nc, kc }: Blocking): { sizeA: number; sizeB: number } {
  const depth = Math.min(kc, largest.k);
  return {
    sizeA: roundUp(roundUp(Math.min(mc, largest.m), mr) * depth, 16),
    sizeB: roundUp(roundUp(Math.min(nc, largest.n), nr) * depth, 16),
  };
}
