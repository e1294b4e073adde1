/**
 * A GEMM before it is code: which programs it consists of, how much workspace it needs and in which order the
 * programs are called. Plain data and one pure function, so that the same plan is compiled and timed, traced for the
 * cache simulator, or printed.
 */
import type { Program } from "../codegen/statements.ts";
import type { GemmCall, GemmShape, Real } from "./arguments.ts";

/** One compiled (or traced) program under the name that the plan gave it. */
export type Calls = Readonly<Record<string, (...args: number[]) => void>>;

/** Rows and columns of C that a plan computes as one piece: a register tile, a block, or a vector of columns. */
export interface Grain {
  readonly rows: number;
  readonly columns: number;
}

export interface GemmPlan {
  readonly variant: string;
  readonly element: Real;
  /**
   * Where C may be cut: a part that begins at a multiple of the grain has the very bits that the whole would have
   * there, because every element meets the same instructions in the same order of k.
   */
  readonly grain: Grain;
  /** In the order in which a reader should meet them: the one that does the work first. */
  readonly programs: Readonly<Record<string, Program>>;
  /** Programs for strides and shapes that are seldom met, made only when they are. */
  readonly further?: Readonly<Record<string, () => Program>>;
  /** Whether it takes any strides (default: contiguous rows alone). */
  readonly anyStride?: boolean;
  /** Whether it can overwrite C (beta = 0), so that nobody has to set C to zero first. */
  readonly overwrites?: boolean;
  /** Elements of workspace that calls up to this shape need. */
  workspace(largest: GemmShape): number;
  /**
   * C = alpha A B + beta C by calls of the programs; `workspace` is a byte address. k, m, n are at least 1; beta is 1,
   * or 0 where the plan overwrites.
   */
  multiply(calls: Calls, call: GemmCall, workspace: number, largest: GemmShape): void;
}
