/**
 * One convolution to be computed, complete: shape, batch, layout, elements, and what executes it. What every algorithm
 * plans from, before anything is allocated or compiled.
 */
import type { Arithmetic } from "../codegen/arithmetic.ts";
import type { KernelTarget } from "../codegen/compile.ts";
import { bytesOf } from "../codegen/expressions.ts";
import type { Real } from "../gemm/arguments.ts";
import { type KernelIsa, machineRow } from "../gemm/machines.ts";
import type { Epilogue } from "./epilogue.ts";
import type { ConvShape, Layout } from "./shape.ts";

export interface ConvProblem {
  readonly shape: ConvShape;
  readonly batch: number;
  readonly layout: Layout;
  readonly element: Real;
  readonly target: KernelTarget;
  /** The vectors that kernels are built for. */
  readonly isa: KernelIsa;
  readonly arithmetic: Arithmetic;
  /** Threads that compute together (parts.ts); fewer where the shape has no more parts, one where an algorithm cannot be cut. */
  readonly threads: number;
  readonly epilogue: Epilogue;
}

/** Elements in a vector of the target; JavaScript is built like WebAssembly, whose twin it is. */
export function vectorLanes({ element, isa }: Pick<ConvProblem, "element" | "isa">): number {
  return machineRow(element, isa).vectorBytes / bytesOf[element];
}

/** Bytes of one element. */
export const elementBytes = ({ element }: Pick<ConvProblem, "element">): number => bytesOf[element];

/** Bytes of so many elements as a Memory hands them out: whole cache lines of 64. */
export function allocatedBytes(problem: Pick<ConvProblem, "element">, elements: number): number {
  return Math.ceil((elements * elementBytes(problem)) / 64) * 64;
}
