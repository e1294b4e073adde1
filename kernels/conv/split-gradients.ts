/**
 * Gradients of a convolution on a team of threads: each has a part of the batch, with a workspace of its own. Gradients of
 * the input have the bits of one thread; those of the weights are summed up in parts, one a thread.
 */
import type { Memory, MemoryRange } from "../codegen/memory.ts";
import type { Share } from "../threads/tasks.ts";
import { teamOf } from "../threads/team.ts";
import { type BackwardOptions, convolutionBackwardBytes, createConvolutionBackward } from "./backward.ts";
import { operandBytes, problemOf } from "./convolution.ts";
import { elementBytes } from "./problem.ts";
import { inputLength, outputLength } from "./shape.ts";

export interface SplitOptions extends Omit<BackwardOptions, "memory"> {
  readonly batch: number;
}

/** What a member needs; posted to it. */
export interface GradientsOrder {
  readonly options: SplitOptions;
  readonly range: MemoryRange;
  readonly threads: number;
  readonly member: number;
}

/** First image of a thread's part, and how many there are. */
function partOf(batch: number, threads: number, member: number) {
  const cut = (part: number): number => Math.floor((part * batch) / threads);
  return { from: cut(member), images: cut(member + 1) - cut(member) };
}

/** What a job computes, as its first number. */
const work = { inputGradient: 0, weightGradient: 1 } as const;

/** A thread's share; what it needs is allocated here. */
export function shareOfGradients(order: Omit<GradientsOrder, "range">, memory: Memory): Share {
  const { options, threads, member } = order;
  const { from, images } = partOf(options.batch, threads, member);
  const layer = createConvolutionBackward({ ...options, batch: images, memory });
  const bytes = elementBytes(problemOf(options));
  const input = from * inputLength(options.shape) * bytes;
  const output = from * outputLength(options.shape) * bytes;
  return (numbers) => {
    const at = (place: number): number => numbers[place] as number;
    const outputGradient = at(1) + output;
    if (at(0) === work.inputGradient)
      layer.inputGradient({ outputGradient, weights: at(2), inputGradient: at(3) + input });
    else layer.weightGradient({ outputGradient, input: at(2) + input, weightGradient: at(3 + member) });
  };
}

export interface SplitGradients {
  inputGradient(call: {
    readonly outputGradient: number;
    readonly weights: number;
    readonly inputGradient: number;
  }): void;
  /** One gradient a thread, to be added up by the caller: as many addresses as threads. */
  weightGradients(call: {
    readonly outputGradient: number;
    readonly input: number;
    readonly weightGradients: readonly number[];
  }): void;
}

/**
 * The gradients on all threads of a team; the batch has an image for each at least.
 * @throws ProgramError where the memory is not shared or too small
 */
export function splitGradients(options: SplitOptions, memory: Memory, threads: number): SplitGradients {
  const bytesOf = (member: number): number => {
    const own = { ...options, batch: partOf(options.batch, threads, member).images };
    return convolutionBackwardBytes(own) - 2 * operandBytes(problemOf(own));
  };
  const orderOf = (member: number) => ({ options, threads, member });
  const own = shareOfGradients(orderOf(0), memory);
  const { numbers, run } = teamOf(threads).prepare(
    "convolution-gradients",
    (member): GradientsOrder => ({ ...orderOf(member), range: memory.share(bytesOf(member)) }),
    own,
  );
  const post = (...values: readonly number[]): void => {
    for (let i = 0; i < values.length; i++) numbers[i] = values[i] as number;
    run();
  };
  return {
    inputGradient: ({ outputGradient, weights, inputGradient }) =>
      post(work.inputGradient, outputGradient, weights, inputGradient),
    weightGradients: ({ outputGradient, input, weightGradients }) =>
      post(work.weightGradient, outputGradient, input, ...weightGradients),
  };
}
