/**
 * A convolution on a team of threads: every thread runs the same algorithm on its part (parts.ts), with weights that it
 * prepares for itself and a workspace of its own. What threads read twice is what the part's own passes read: in nchw
 * each brings the whole image into the form that its algorithm needs.
 */
import { ProgramError } from "../codegen/errors.ts";
import type { Memory, MemoryRange } from "../codegen/memory.ts";
import type { Share } from "../threads/tasks.ts";
import { teamOf } from "../threads/team.ts";
import { type Accounting, accountingOf } from "./accounting.ts";
import type { ConvAlgorithm, MadeConvolution, Workshop } from "./algorithm.ts";
import type { Convolution, ConvolutionOptions } from "./convolution.ts";
import { type ConvPart, convParts } from "./parts.ts";
import { type ConvProblem, elementBytes } from "./problem.ts";

/** A part's convolution without the memory that it is made in. */
export type PartOptions = Omit<ConvolutionOptions, "memory" | "algorithm" | "threads">;

/** What a member needs to make its part; posted to it. */
export interface ConvOrder {
  readonly algorithm: string;
  readonly options: PartOptions;
  readonly part: ConvPart;
  readonly elementBytes: number;
  /** The piece of the memory that the part allocates from. */
  readonly range: MemoryRange;
}

/** Makes a convolution of one thread. */
type Make = (row: ConvAlgorithm<string>, options: PartOptions & { readonly memory: Memory }) => Convolution;

/** The algorithm as all threads of the problem run it; itself where there is nothing to share. */
export function overThreads<Id extends string>(
  row: ConvAlgorithm<Id>,
  problem: ConvProblem,
  makeAlone: Make,
): ConvAlgorithm<Id> {
  const parts = convParts(row, problem);
  if (parts.length === 1) return row;
  return {
    ...row,
    accounting: () => accountingOfParts(row, problem, parts),
    // Each part ends its own outputs, in a pass of its own if need be.
    fusesEpilogue: () => true,
    make: (_, workshop) => together(row, problem, parts, workshop, makeAlone),
  };
}

function optionsOf(problem: ConvProblem, { shape, batch }: ConvPart): PartOptions {
  const { layout, target, isa, element, arithmetic, epilogue } = problem;
  return { layout, shape, batch, target, element, arithmetic, epilogue, ...(isa !== "wasm" && { isa }) };
}

const problemOfPart = (problem: ConvProblem, { shape, batch }: ConvPart): ConvProblem => ({
  ...problem,
  ...{ shape, batch, threads: 1 },
});

function accountingOfParts(
  row: ConvAlgorithm<string>,
  problem: ConvProblem,
  parts: readonly ConvPart[],
): Accounting {
  const own = parts.map((part) => ({ ...part, ...row.accounting(problemOfPart(problem, part)) }));
  const sum = (of: (each: (typeof own)[number]) => number): number =>
    own.reduce((all, each) => all + of(each), 0);
  return accountingOf({
    workspaceBytes: sum((each) => each.workspaceBytes),
    preparedBytes: sum((each) => each.preparedBytes),
    multiplications: sum((each) => each.images * each.multiplications),
    stages: own.flatMap(({ stages, images }) =>
      stages.map(({ stage, readBytes, writtenBytes }) => ({
        ...{ stage, readBytes: images * readBytes, writtenBytes: images * writtenBytes },
      })),
    ),
  });
}

/** What a job's first number says. */
const preparing = 0;
const running = 1;

function together(
  row: ConvAlgorithm<string>,
  problem: ConvProblem,
  parts: readonly ConvPart[],
  { memory }: Workshop,
  makeAlone: Make,
): MadeConvolution {
  if (!memory.shared)
    throw new ProgramError("convolution", {
      expected: `shared memory for ${problem.threads} threads`,
      found: "a memory of one thread alone",
      remedy: "Make it by new Memory(bytes, { shared: true }).",
    });
  const [first] = parts as readonly [ConvPart, ...ConvPart[]];
  const own = makeAlone(row, { ...optionsOf(problem, first), memory });
  const orderFor = (member: number): ConvOrder | null => {
    const part = parts[member];
    if (!part) return null;
    const { workspaceBytes, preparedBytes } = row.accounting(problemOfPart(problem, part));
    return {
      ...{ algorithm: row.id, options: optionsOf(problem, part), part },
      ...{ elementBytes: elementBytes(problem), range: memory.share(workspaceBytes + preparedBytes) },
    };
  };
  const share = shareOfConvolution(own, first, elementBytes(problem));
  const task = teamOf(problem.threads).prepare("convolution", orderFor, share);
  const run = (...numbers: readonly number[]): void => {
    task.numbers.set(numbers);
    task.run();
  };
  return {
    prepare: (weights) => run(preparing, weights),
    run: (input, output, bias, residual) => run(running, input, output, bias, residual),
    release: () => task.release(),
    kernels: own.kernels,
  };
}

/** A thread's share: prepares or runs its part, as the job's numbers say. */
export function shareOfConvolution(made: Convolution, part: ConvPart, bytes: number): Share {
  return ([what, first = 0, output = 0, bias = 0, residual = 0]) => {
    if (what === preparing) {
      made.prepare(first + part.weights * bytes);
      return;
    }
    const ofPart = bias === 0 ? {} : { bias: bias + part.bias * bytes };
    for (let image = 0; image < part.images; image++) {
      const to = output + (part.output + image * part.outputStep) * bytes;
      made.run({
        ...{ input: first + (part.input + image * part.inputStep) * bytes, output: to },
        ...ofPart,
        ...(made.problem.epilogue.residual ? { residual: to + residual * bytes } : {}),
      });
    }
  };
}
