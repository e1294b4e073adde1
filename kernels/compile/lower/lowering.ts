/**
 * How an operation becomes something that runs, in two stages: a plan that says what will be allocated, and, when the
 * memory is there, the step itself. One lowering a kind of operation; lower/index.ts lists them.
 */
import type { Kernel, KernelTarget } from "../../codegen/compile.ts";
import type { Memory } from "../../codegen/memory.ts";
import type { Program } from "../../codegen/statements.ts";
import type { MachineRow } from "../../gemm/machines.ts";
import type { NativeIsa } from "../../native/cpu-features.ts";
import type { GraphNode, OperationKind, Tensor, TensorType } from "../graph.ts";
import type { OperationOf } from "../operators/operator.ts";

/** What a lowering may ask while it plans. */
export interface Planning {
  readonly target: KernelTarget;
  readonly isa?: NativeIsa;
  readonly threads: number;
  readonly machine: MachineRow;
  /** Elements of f32 in a vector. */
  readonly lanes: number;
  type(name: string): TensorType;
  constant(name: string): Tensor | undefined;
}

/** What it gets when the memory is there. */
export interface Workshop {
  readonly memory: Memory;
  /** Byte address of a tensor. */
  address(name: string): number;
  /** Bytes for the life of the graph, from those that the plan asked for. */
  allocate(bytes: number): number;
  /** Where this step's scratch lies; steps share it. */
  readonly scratch: number;
  compile(program: Program): Kernel;
}

/** One call of a generated program. */
export interface KernelCall {
  readonly kernel: Kernel;
  readonly program: Program;
  readonly args: readonly number[];
}

/** A node ready to run. */
export interface Step {
  /** The calls of generated programs that it makes, in order. */
  readonly calls?: readonly KernelCall[];
  /** Bytes that its other parts read and write, by their own accounting. */
  readonly statedBytes?: number;
  run(): void;
  release?(): void;
}

export interface NodePlan {
  /** What will run, in a few words: `12x32 tiles, panels; then add, relu`. */
  readonly kernel: string;
  /** Bytes for the life of the graph: packed weights, tables. */
  readonly ownBytes: number;
  /** Bytes for the time of the step. */
  readonly scratchBytes: number;
  /** Inputs that are read as the graph states them; a constant that nobody reads so is not stored. */
  readonly reads: readonly string[];
  make(workshop: Workshop): Step;
}

export type Lowering<K extends OperationKind> = (
  node: GraphNode & { readonly operation: OperationOf<K> },
  planning: Planning,
) => NodePlan;

/** Bytes as an arena hands them out: whole cache lines. */
export const wholeLines = (bytes: number): number => Math.ceil(bytes / 64) * 64;

/** A step of these programs; each with the addresses that it is called with. */
export function stepOf(
  workshop: Workshop,
  calls: readonly (readonly [program: Program, ...args: number[]])[],
): Step {
  const made = calls.map(
    ([program, ...args]): KernelCall => ({ kernel: workshop.compile(program), program, args }),
  );
  const bound = made.map(
    ({ kernel, args }) =>
      () =>
        kernel.call(...args),
  );
  return {
    calls: made,
    run: () => {
      for (const call of bound) call();
    },
  };
}
