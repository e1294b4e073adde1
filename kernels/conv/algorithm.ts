/**
 * What a way of computing a convolution has to say of itself: which problems it takes, what it allocates and moves, and
 * how it is made. One row a way in `algorithms.ts`; each row's file stands in `algorithms/`.
 */
import type { Kernel } from "../codegen/compile.ts";
import type { Memory } from "../codegen/memory.ts";
import type { Program } from "../codegen/statements.ts";
import type { Accounting } from "./accounting.ts";
import type { ConvProblem } from "./problem.ts";

/** Every way, by the id that is also its variant's name in experiments. */
export const convAlgorithmIds = [
  "direct",
  "im2col",
  "im2col-pack",
  "implicit",
  "indirect",
  "pointwise",
  "winograd-2x2",
  "winograd-4x4",
  "fft",
  "depthwise",
] as const;

export type ConvAlgorithmId = (typeof convAlgorithmIds)[number];

/** Why a problem is not taken. */
export interface Refusal {
  readonly expected: string;
  readonly found: string;
}

export interface ConvAlgorithm<Id extends string = ConvAlgorithmId> {
  readonly id: Id;
  readonly title: string;
  /** What it does that the plainest way does not. */
  readonly idea: string;
  readonly source: string;
  /** What it would take instead of this problem; null where it takes it. */
  refuses(problem: ConvProblem): Refusal | null;
  accounting(problem: ConvProblem): Accounting;
  /**
   * Cycles that the multiply-adds of one image take where nothing else limits them, tiles at the border included; absent
   * where the multiplications of `accounting` say enough.
   */
  readonly cycles?: (problem: ConvProblem) => number;
  /** Calls of generated code for one image, where they are not one a group. */
  readonly calls?: (problem: ConvProblem) => number;
  /** Bytes that one image moves within the second-level cache besides: a panel that a pass fills for itself and reads at once. */
  readonly nearBytes?: (problem: ConvProblem) => number;
  /** Allocates what `accounting` says and compiles. Only called for problems that are taken. */
  make(problem: ConvProblem, workshop: Workshop): MadeConvolution;
  /**
   * Largest error as a share of the largest output that its transforms may leave by rounding; absent where the sums are
   * those of the definition in another order, whose rounding has a bound of its own (reference.ts).
   */
  readonly tolerance?: number;
  /**
   * How several threads share a problem: `parts` (default), each runs the algorithm on a part (parts.ts); `itself`, its own
   * product does; `none`, where parts would not have the bits of the whole or nobody asks.
   */
  readonly sharing?: (problem: ConvProblem) => "parts" | "itself" | "none";
  /** Rows of output that are computed together and must not be cut between threads (default: 1). */
  readonly rowUnit?: (problem: ConvProblem) => number;
  /** Whether bias and activation are done on the sums; otherwise a pass over the output does them. */
  readonly fusesEpilogue?: (problem: ConvProblem) => boolean;
  /** Whether the shortcut of an epilogue can be added as the output is written; without, it is refused. */
  readonly addsResidual?: (problem: ConvProblem) => boolean;
}

/** Where an algorithm is made. */
export interface Workshop {
  readonly memory: Memory;
  /** Compiles for the problem's target; the kernel is listed among those of the convolution. */
  compile(program: Program): Kernel["call"];
  /** Bytes at a cache line's start, zeroed. */
  allocate(bytes: number): number;
}

/** A convolution that was made: byte addresses in, nothing out. */
export interface MadeConvolution {
  /** Brings the weights into the form that `run` reads. Called before the first run, and when weights change. */
  prepare(weights: number): void;
  /**
   * Computes a whole batch; `bias` is 0 where there is none. `residual` is where the shortcut lies, in elements from the
   * output on: the same for every image and group.
   */
  run(input: number, output: number, bias: number, residual: number): void;
  /** Gives up what other threads hold. */
  release?(): void;
  /** Kernels that the workshop has not compiled. */
  readonly kernels?: readonly Kernel[];
}

/** Why an algorithm does not take a problem, its epilogue included; null where it does. */
export function refusalOf(row: ConvAlgorithm<string>, problem: ConvProblem): Refusal | null {
  const refusal = row.refuses(problem);
  if (refusal || !problem.epilogue.residual || row.addsResidual?.(problem)) return refusal;
  return { expected: "no shortcut, or an algorithm that adds it as it writes", found: "a shortcut" };
}
