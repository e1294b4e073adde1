/**
 * Convolution for everybody else: choose an algorithm, make it for one problem in a memory, prepare the weights once,
 * run it. Everything that can be wrong is refused here, before anything is allocated or generated code runs.
 */
import type { Arithmetic } from "../codegen/arithmetic.ts";
import { compile, type Kernel, type KernelTarget } from "../codegen/compile.ts";
import { ProgramError } from "../codegen/errors.ts";
import type { Memory } from "../codegen/memory.ts";
import type { Real } from "../gemm/arguments.ts";
import { kernelIsa } from "../gemm/machines.ts";
import type { NativeIsa } from "../native/cpu-features.ts";
import type { Accounting } from "./accounting.ts";
import { type ConvAlgorithm, type ConvAlgorithmId, refusalOf, type Workshop } from "./algorithm.ts";
import { convAlgorithm } from "./algorithms.ts";
import { chooseAlgorithm } from "./choose.ts";
import { type Epilogue, epilogueProgram, isEmpty, noEpilogue } from "./epilogue.ts";
import { type ConvProblem, elementBytes } from "./problem.ts";
import {
  type ConvShape,
  checkShape,
  inputLength,
  type Layout,
  outputLength,
  shapeText,
  weightsLength,
} from "./shape.ts";
import { overThreads } from "./threaded.ts";

export interface ConvolutionOptions {
  /** A row of `algorithms.ts`, or `auto`: the one that is predicted to be the fastest (`choose.ts`). */
  readonly algorithm: ConvAlgorithmId | "auto";
  readonly layout: Layout;
  readonly shape: ConvShape;
  /** Images in one run (default: 1). */
  readonly batch?: number;
  readonly target: KernelTarget;
  /** Where operands lie; workspace and prepared weights are allocated from it, once. */
  readonly memory: Memory;
  /** Level of x86-64 on target `native` (default: the best that this machine has). */
  readonly isa?: NativeIsa;
  /** Threads that share the work (default: 1), with the bits of one; more need a shared memory. FFT uses one. */
  readonly threads?: number;
  readonly element?: Real;
  readonly arithmetic?: Arithmetic;
  /** What follows the sums (default: nothing). */
  readonly epilogue?: Partial<Epilogue>;
}

/** Byte addresses of the operands, in the layout that the convolution was made for. */
export interface ConvolutionCall {
  readonly input: number;
  readonly output: number;
  /** Prepared first where they are not those that were prepared last; may be left out after `prepare`. */
  readonly weights?: number;
  /** One number for each filter; exactly where the epilogue has a bias. */
  readonly bias?: number;
  /** A tensor like the output, which it may be; exactly where the epilogue has a shortcut. */
  readonly residual?: number;
}

export interface Convolution {
  readonly algorithm: string;
  readonly problem: ConvProblem;
  readonly kernels: readonly Kernel[];
  /** Bytes allocated besides the operands, for every run. */
  readonly workspaceBytes: number;
  /** Bytes of the weights in the algorithm's own form. */
  readonly preparedBytes: number;
  /** Transforms or packs the weights. To be called again when they have changed where they lie. */
  prepare(weights: number): void;
  /** Computes the output of the whole batch. @throws ProgramError for addresses that do not fit. */
  run(call: ConvolutionCall): void;
  /** Gives up what other threads hold for it; not to be run afterwards. */
  release(): void;
}

/**
 * Makes a convolution.
 *
 * @example
 * const shape = convShape({ channels: 64, height: 56, width: 56, filters: 64, kernelHeight: 3, kernelWidth: 3, padding: 1 });
 * const layer = createConvolution({ algorithm: "im2col", layout: "nchw", shape, target: "wasm", memory });
 * layer.prepare(weights.address);
 * layer.run({ input: input.address, output: output.address });
 */
export function createConvolution(options: ConvolutionOptions): Convolution {
  return makeConvolution(rowOf(options), options);
}

function rowOf(options: Omit<ConvolutionOptions, "memory">): ConvAlgorithm {
  const { algorithm } = options;
  return convAlgorithm(algorithm === "auto" ? chooseAlgorithm(problemOf(options)) : algorithm);
}

/** The same for a way that need not stand in the table: what experiments compare the table's with. */
export function makeConvolution(
  algorithm: ConvAlgorithm<string>,
  options: Omit<ConvolutionOptions, "algorithm">,
): Convolution {
  const problem = problemOf(options);
  const row = takenBy(algorithm, problem);
  const accounting = row.accounting(problem);
  const { memory } = options;
  checkRoom(problem, accounting, memory);
  const kernels: Kernel[] = [];
  const workshop = workshopIn(memory, problem, kernels);
  const made = row.make(problem, workshop);
  const ends = isEmpty(problem.epilogue) || row.fusesEpilogue?.(problem) === true;
  const epilogue = ends ? undefined : workshop.compile(epilogueProgram(problem));
  let prepared: number | undefined;
  const prepare = (weights: number): void => {
    checkPlace("weights", weights, weightsLength(problem.shape), problem, memory.bytes);
    made.prepare(weights);
    prepared = weights;
  };
  return {
    algorithm: row.id,
    problem,
    kernels: [...kernels, ...(made.kernels ?? [])],
    workspaceBytes: accounting.workspaceBytes,
    preparedBytes: accounting.preparedBytes,
    prepare,
    run: ({ input, output, weights, bias, residual }) => {
      checkCall({ input, output, weights, bias, residual }, prepared, problem, memory.bytes);
      if (weights !== undefined && weights !== prepared) prepare(weights);
      made.run(
        input,
        output,
        bias ?? 0,
        residual === undefined ? 0 : (residual - output) / elementBytes(problem),
      );
      epilogue?.(bias ?? output, output);
    },
    release: () => made.release?.(),
  };
}

/** The complete problem behind options, checked. @throws ProgramError for a shape or batch that cannot be. */
export function problemOf(options: Omit<ConvolutionOptions, "memory" | "algorithm">): ConvProblem {
  const { layout, shape, batch = 1, target, threads = 1, element = "f32", arithmetic = "fast" } = options;
  checkShape(shape);
  if (!Number.isInteger(batch) || batch < 1)
    refuse("a batch of at least 1 image", String(batch), "Leave an empty batch out.");
  if (layout !== "nchw" && layout !== "nhwc")
    refuse("layout nchw or nhwc", `"${layout}"`, "Choose one of the two.");
  const isa = kernelIsa(target, options.isa);
  const epilogue = { ...noEpilogue, ...options.epilogue };
  return { shape, batch, layout, element, target, isa, arithmetic, threads, epilogue };
}

/** Whether an algorithm takes a problem. */
export function takes(algorithm: ConvAlgorithm<string>, problem: ConvProblem): boolean {
  return refusalOf(algorithm, problem) === null;
}

/** Bytes that a Memory needs for one convolution with its operands, every allocation in whole cache lines. */
export function convolutionBytes(options: Omit<ConvolutionOptions, "memory">): number {
  const problem = problemOf(options);
  return operandBytes(problem) + ownBytes(rowOf(options), problem);
}

/** What an algorithm takes and moves on all threads of a problem. @throws ProgramError for one that it does not take. */
export function workOf(algorithm: ConvAlgorithm<string>, problem: ConvProblem): Accounting {
  return takenBy(algorithm, problem).accounting(problem);
}

/** Bytes that an algorithm allocates for itself: workspace and prepared weights. */
export function ownBytes(algorithm: ConvAlgorithm<string>, problem: ConvProblem): number {
  const { workspaceBytes, preparedBytes } = workOf(algorithm, problem);
  return workspaceBytes + preparedBytes;
}

/** Bytes of input, weights, bias and output, each in whole cache lines. */
export function operandBytes(problem: ConvProblem): number {
  const { shape, batch } = problem;
  const lengths = [
    batch * inputLength(shape),
    weightsLength(shape),
    shape.filters,
    batch * outputLength(shape),
  ];
  return lengths.reduce((sum, length) => sum + Math.ceil((length * elementBytes(problem)) / 64) * 64, 0);
}

/** The algorithm as the problem's threads run it, if it takes the problem. @throws ProgramError */
function takenBy(row: ConvAlgorithm<string>, problem: ConvProblem): ConvAlgorithm<string> {
  const refusal = refusalOf(row, problem);
  if (!refusal) return overThreads(row, problem, makeConvolution);
  throw new ProgramError(`convolution ${row.id}`, {
    expected: refusal.expected,
    found: `${refusal.found} (${shapeText(problem.shape)}, ${problem.layout})`,
    remedy: "Choose another algorithm: im2col takes every shape.",
  });
}

/** Where an algorithm is made for a problem; what it compiles is added to `kernels`. */
export function workshopIn(memory: Memory, problem: ConvProblem, kernels: Kernel[]): Workshop {
  const { target, isa, arithmetic } = problem;
  const options = isa === "wasm" ? { arithmetic } : { arithmetic, isa };
  return {
    memory,
    compile: (program) => {
      const kernel = compile(program, target, memory, options);
      kernels.push(kernel);
      return kernel.call;
    },
    allocate: (bytes) => memory.allocate("u8", bytes).address,
  };
}

function checkRoom(
  problem: ConvProblem,
  { workspaceBytes, preparedBytes }: Accounting,
  memory: Memory,
): void {
  const needed = workspaceBytes + preparedBytes;
  if (needed > memory.freeBytes)
    refuse(
      `${needed} free bytes for workspace and prepared weights`,
      String(memory.freeBytes),
      `Give the Memory convolutionBytes(options); ${shapeText(problem.shape)} may need less by another algorithm.`,
    );
}

/** Operands of a call as they come; weights and bias may be missing. */
interface GivenCall {
  readonly input: number;
  readonly output: number;
  readonly weights: number | undefined;
  readonly bias: number | undefined;
  readonly residual: number | undefined;
}

function checkCall(
  { input, output, weights, bias, residual }: GivenCall,
  prepared: number | undefined,
  problem: ConvProblem,
  memoryBytes: number,
): void {
  const { shape, batch, epilogue } = problem;
  checkPlace("input", input, batch * inputLength(shape), problem, memoryBytes);
  checkPlace("output", output, batch * outputLength(shape), problem, memoryBytes);
  if (weights === undefined && prepared === undefined)
    refuse("weights", "none", "Call prepare(weights) first, or pass them to run.");
  if (epilogue.bias !== (bias !== undefined))
    refuse(
      epilogue.bias ? "a bias" : "no bias",
      bias === undefined ? "none" : `one at ${bias}`,
      "Pass a bias exactly where the convolution was made with `epilogue: { bias: true }`.",
    );
  if (bias !== undefined) checkPlace("bias", bias, shape.filters, problem, memoryBytes);
  if ((epilogue.residual ?? false) !== (residual !== undefined))
    refuse(
      epilogue.residual ? "a shortcut" : "no shortcut",
      residual === undefined ? "none" : `one at ${residual}`,
      "Pass `residual` exactly where the convolution was made with `epilogue: { residual: true }`.",
    );
  if (residual !== undefined)
    checkPlace("residual", residual, batch * outputLength(shape), problem, memoryBytes);
  const [inputBytes, outputBytes] = [inputLength(shape), outputLength(shape)].map(
    (length) => batch * length * elementBytes(problem),
  ) as [number, number];
  checkShortcut(residual, output, outputBytes);
  if (output < input + inputBytes && input < output + outputBytes)
    refuse("the output to lie apart from the input", `input at ${input}, output at ${output}`, addressRemedy);
}

/** @throws ProgramError where a shortcut overlaps the output and is not the output itself */
function checkShortcut(residual: number | undefined, output: number, bytes: number): void {
  if (residual === undefined || residual === output || Math.abs(residual - output) >= bytes) return;
  refuse(
    "the shortcut to be the output, or to lie apart",
    `shortcut at ${residual}, output at ${output}`,
    addressRemedy,
  );
}

const addressRemedy = "Pass the `address` of a Memory allocation that is large enough.";

/** @throws ProgramError where no tensor of this length can lie at the address */
export function checkPlace(
  name: string,
  address: number,
  length: number,
  problem: ConvProblem,
  memoryBytes: number,
): void {
  const bytes = length * elementBytes(problem);
  if (
    !Number.isInteger(address) ||
    address <= 0 ||
    address % elementBytes(problem) !== 0 ||
    address + bytes > memoryBytes
  )
    refuse(
      `${name} as an address of ${problem.element} with ${bytes} bytes in memory`,
      String(address),
      addressRemedy,
    );
}

function refuse(expected: string, found: string, remedy: string): never {
  throw new ProgramError("convolution", { expected, found, remedy });
}
