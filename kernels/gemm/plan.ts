/**
 * A GEMM before it is code: which programs it consists of, how much workspace it needs and in which order the
 * programs are called. Plain data and one pure function, so that the same plan is compiled and timed, traced for the
 * cache simulator, or printed.
 */
import type { Program } from "../codegen/statements.ts";
import type { GemmCall, GemmShape, Real } from "./arguments.ts";

/** One compiled (or traced) program under the name that the plan gave it. */
export type Calls = Readonly<Record<string, (...args: number[]) => void>>;

export interface GemmPlan {
  readonly variant: string;
  readonly element: Real;
  /** In the order in which a reader should meet them: the one that does the work first. */
  readonly programs: Readonly<Record<string, Program>>;
  /** Elements of workspace that calls up to this shape need. */
  workspace(largest: GemmShape): number;
  /** C += alpha A B by calls of the programs; `workspace` is a byte address. k, m, n are at least 1. */
  multiply(calls: Calls, call: GemmCall, workspace: number, largest: GemmShape): void;
}
