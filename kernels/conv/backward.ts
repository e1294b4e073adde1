/**
 * The gradients of a convolution, each one matrix product a group unless there is a shorter way
 * (backward-shortcuts.ts): of the weights, output gradient times unfolded input;
 * of the input, transposed weights times output gradient, which col2im folds back; of the bias, a sum. A pointwise layer
 * neither unfolds nor folds. Any stride, padding, dilation and groups; both layouts.
 */
import type { Kernel } from "../codegen/compile.ts";
import { ProgramError } from "../codegen/errors.ts";
import { createGemm, type GemmOptions, gemmWorkspaceBytes } from "../gemm/gemm.ts";
import type { Workshop } from "./algorithm.ts";
import { everyImage, paddedImage } from "./algorithms/images.ts";
import {
  inputGradientByMirror,
  mirrorBytes,
  takesMirror,
  takesTapSums,
  tapSumsBytes,
  weightGradientByTaps,
} from "./backward-shortcuts.ts";
import { type ConvolutionOptions, checkPlace, operandBytes, problemOf, workshopIn } from "./convolution.ts";
import { unfoldedLength } from "./passes.ts";
import { allocatedBytes, type ConvProblem, elementBytes, vectorLanes } from "./problem.ts";
import { biasGradientProgram } from "./programs/bias-gradient.ts";
import { cropPixelsProgram, cropProgram, foldPixelsProgram, foldProgram } from "./programs/fold.ts";
import { paddedLength, unfoldProgram } from "./programs/padded.ts";
import { unfoldPixelsProgram } from "./programs/padded-nhwc.ts";
import {
  groupChannels,
  groupFilters,
  inputLength,
  isPointwise,
  isUnpadded,
  outputLength,
  patchLength,
  positions,
  weightsLength,
} from "./shape.ts";
import { filtersFirst, filtersLast } from "./weights.ts";

export type BackwardOptions = Omit<ConvolutionOptions, "algorithm" | "threads" | "epilogue">;

/** Gradients of the whole batch; operands are byte addresses in the layout that they were made for. */
export interface ConvolutionBackward {
  readonly problem: ConvProblem;
  readonly kernels: readonly Kernel[];
  /** Bytes allocated besides the operands. */
  readonly workspaceBytes: number;
  /** Overwrites the gradient of the loss by the input. */
  inputGradient(call: {
    readonly outputGradient: number;
    readonly weights: number;
    readonly inputGradient: number;
  }): void;
  /** Overwrites the gradient by the weights, or adds to it. */
  weightGradient(call: {
    readonly input: number;
    readonly outputGradient: number;
    readonly weightGradient: number;
    readonly accumulate?: boolean;
  }): void;
  /** Overwrites the gradient by a bias of one number a filter, or adds to it. */
  biasGradient(call: {
    readonly outputGradient: number;
    readonly biasGradient: number;
    readonly accumulate?: boolean;
  }): void;
}

/**
 * Makes the gradients of a convolution.
 *
 * @throws ProgramError for a shape that cannot be, or a memory that is too small, before anything is allocated
 * @example
 * const backward = createConvolutionBackward({ shape, batch, layout: "nchw", target: "native", memory });
 * backward.weightGradient({ input: x.address, outputGradient: dy.address, weightGradient: dw.address });
 * backward.inputGradient({ outputGradient: dy.address, weights: w.address, inputGradient: dx.address });
 */
export function createConvolutionBackward(options: BackwardOptions): ConvolutionBackward {
  const problem = problemOf(options);
  const { memory } = options;
  const { shape, batch } = problem;
  const workspaceBytes = backwardWorkspaceBytes(problem);
  if (workspaceBytes > memory.freeBytes)
    throw new ProgramError("convolution backward", {
      expected: `${workspaceBytes} free bytes for workspace`,
      found: String(memory.freeBytes),
      remedy: "Give the Memory convolutionBackwardBytes(options).",
    });
  const kernels: Kernel[] = [];
  const workshop = workshopIn(memory, problem, kernels);
  const addBias = workshop.compile(biasGradientProgram(problem));
  const [forInput, forWeights] = [inputGradientOf(problem, workshop), weightGradientOf(problem, workshop)];
  const check = (
    lengths: Readonly<Record<string, number>>,
    call: Readonly<Record<string, unknown>>,
  ): void => {
    for (const [name, length] of Object.entries(lengths))
      checkPlace(name, call[name] as number, length, problem, memory.bytes);
  };
  const outputs = { outputGradient: batch * outputLength(shape) };
  return {
    problem,
    kernels: [...kernels, ...forInput.kernels, ...forWeights.kernels],
    workspaceBytes,
    inputGradient: (call) => {
      const lengths = { weights: weightsLength(shape), inputGradient: batch * inputLength(shape) };
      check({ ...outputs, ...lengths }, call);
      forInput.run(call.outputGradient, call.weights, call.inputGradient);
    },
    weightGradient: (call) => {
      check({ ...outputs, input: batch * inputLength(shape), weightGradient: weightsLength(shape) }, call);
      forWeights.run(call.outputGradient, call.input, call.weightGradient, call.accumulate ?? false);
    },
    biasGradient: (call) => {
      check({ ...outputs, biasGradient: shape.filters }, call);
      addBias(call.outputGradient, call.biasGradient, call.accumulate ? 1 : 0);
    },
  };
}

/** Bytes that a Memory needs for the gradients of a convolution with operands and gradients of all of them. */
export function convolutionBackwardBytes(options: Omit<BackwardOptions, "memory">): number {
  const problem = problemOf(options);
  return 2 * operandBytes(problem) + backwardWorkspaceBytes(problem);
}

function backwardWorkspaceBytes(problem: ConvProblem): number {
  const forInput = takesMirror(problem)
    ? mirrorBytes(problem)
    : productBytes(problem, columnProduct(problem));
  const forWeights = takesTapSums(problem)
    ? tapSumsBytes(problem)
    : productBytes(problem, weightProduct(problem));
  return forInput + forWeights;
}

/** Bytes of a product with what is unfolded, padded or reordered for it. */
function productBytes(problem: ConvProblem, product: Product): number {
  const { shape, layout } = problem;
  const bytes = (length: number): number => allocatedBytes(problem, length);
  const unfolds = isPointwise(shape) ? 0 : bytes(unfoldedLength(shape));
  const pads = isUnpadded(shape) ? 0 : bytes(paddedLength(shape));
  const reordered = layout === "nhwc" ? bytes(weightsLength(shape)) : 0;
  return gemmWorkspaceBytes(product) + unfolds + pads + reordered;
}

type Product = Omit<GemmOptions, "memory">;

/** Operands are read across as well as along: what packs them takes any strides. */
const anyStrides = "packed-blocked";

/** The input's gradient in column form, one group of one image. */
function columnProduct(problem: ConvProblem): Product {
  const { shape, layout } = problem;
  const [count, depth] = [positions(shape), patchLength(shape)];
  const sides = layout === "nchw" ? { m: depth, n: count } : { m: count, n: depth };
  return productOf(problem, { ...sides, k: groupFilters(shape) });
}

/** The weights' gradient of one group, one image. */
function weightProduct(problem: ConvProblem): Product {
  const { shape, layout } = problem;
  const [depth, filters] = [patchLength(shape), groupFilters(shape)];
  const sides = layout === "nchw" ? { m: filters, n: depth } : { m: depth, n: filters };
  return productOf(problem, { ...sides, k: positions(shape) });
}

function productOf({ target, isa, element, arithmetic }: ConvProblem, shape: Product["shape"]): Product {
  const options = { variant: anyStrides, target, shape, element, arithmetic };
  return isa === "wasm" ? options : { ...options, isa };
}

/** Where the matrix of one group's patches lies, and elements from one of its rows to the next. */
type GroupMatrix = (group: number) => { readonly address: number; readonly pitch: number };

/** The patches of all groups: unfolded at `address`, or the image itself where a patch is a pixel. */
function patchesAt(problem: ConvProblem, address: number): GroupMatrix {
  const { shape, layout } = problem;
  const bytes = elementBytes(problem);
  const [count, depth] = [positions(shape), patchLength(shape)];
  if (layout === "nchw")
    return (group) => ({ address: address + group * depth * count * bytes, pitch: count });
  if (isPointwise(shape))
    return (group) => ({ address: address + group * groupChannels(shape) * bytes, pitch: shape.channels });
  return (group) => ({ address: address + group * count * depth * bytes, pitch: depth });
}

/** The output gradient of a group as a matrix: [filters x positions] in nchw, [positions x filters] in nhwc. */
function gradientsAt(problem: ConvProblem, address: number): GroupMatrix {
  const { shape, layout } = problem;
  const filters = groupFilters(shape) * elementBytes(problem);
  return layout === "nchw"
    ? (group) => ({ address: address + group * filters * positions(shape), pitch: positions(shape) })
    : (group) => ({ address: address + group * filters, pitch: shape.filters });
}

function inputGradientOf(problem: ConvProblem, workshop: Workshop) {
  if (takesMirror(problem)) return inputGradientByMirror(problem, workshop);
  const { shape, layout, element } = problem;
  const product = columnProduct(problem);
  const gemm = createGemm({ ...product, memory: workshop.memory });
  const fold = folding(problem, workshop);
  const own = layout === "nhwc" ? workshop.allocate(allocatedBytes(problem, weightsLength(shape))) : 0;
  const weightsOfGroup = (weightsLength(shape) / shape.groups) * elementBytes(problem);
  const run = (outputGradient: number, weights: number, inputGradient: number): void => {
    if (layout === "nhwc") filtersLast(shape, element, workshop.memory, weights, own);
    everyImage(problem, inputGradient, outputGradient, (into, from) => {
      const [columns, gradients] = [patchesAt(problem, fold.columns(into)), gradientsAt(problem, from)];
      for (let group = 0; group < shape.groups; group++) {
        const [c, g] = [columns(group), gradients(group)];
        const ofGroup = (layout === "nchw" ? weights : own) + group * weightsOfGroup;
        const sides =
          layout === "nchw"
            ? { a: ofGroup, transposeA: true, b: g.address, ldb: g.pitch }
            : { a: g.address, lda: g.pitch, b: ofGroup, transposeB: true };
        gemm.run({ ...product.shape, ...sides, c: c.address, ldc: c.pitch });
      }
      fold.finish(into);
    });
  };
  return { run, kernels: gemm.kernels };
}

/** Where columns of an input gradient are to be written, and how they become the gradient of an image. */
function folding(problem: ConvProblem, workshop: Workshop) {
  const { shape, layout, element } = problem;
  if (isPointwise(shape)) return { columns: (into: number) => into, finish: () => {} };
  const lanes = vectorLanes(problem);
  const columns = workshop.allocate(allocatedBytes(problem, unfoldedLength(shape)));
  const padded = isUnpadded(shape) ? 0 : workshop.allocate(allocatedBytes(problem, paddedLength(shape)));
  const [write, cut] =
    layout === "nchw" ? [foldProgram, cropProgram] : [foldPixelsProgram, cropPixelsProgram];
  const fold = workshop.compile(write(shape, lanes, element));
  const crop = isUnpadded(shape) ? undefined : workshop.compile(cut(shape, lanes, element));
  return {
    columns: () => columns,
    finish: (into: number) => {
      fold(columns, crop ? padded : into);
      crop?.(padded, into);
    },
  };
}

function weightGradientOf(problem: ConvProblem, workshop: Workshop) {
  if (takesTapSums(problem)) return { run: weightGradientByTaps(problem, workshop), kernels: [] };
  const { shape, layout, element } = problem;
  const product = weightProduct(problem);
  const gemm = createGemm({ ...product, memory: workshop.memory });
  const unfold = unfolding(problem, workshop);
  const own = layout === "nhwc" ? workshop.allocate(allocatedBytes(problem, weightsLength(shape))) : 0;
  const weightsOfGroup = (weightsLength(shape) / shape.groups) * elementBytes(problem);
  const run = (outputGradient: number, input: number, into: number, accumulate: boolean): void => {
    const sums = layout === "nchw" ? into : own;
    let beta = accumulate && layout === "nchw" ? 1 : 0;
    everyImage(problem, input, outputGradient, (image, from) => {
      const [patches, gradients] = [patchesAt(problem, unfold(image)), gradientsAt(problem, from)];
      for (let group = 0; group < shape.groups; group++) {
        const [p, g] = [patches(group), gradients(group)];
        const sides =
          layout === "nchw"
            ? { a: g.address, lda: g.pitch, b: p.address, ldb: p.pitch, transposeB: true }
            : { a: p.address, lda: p.pitch, transposeA: true, b: g.address, ldb: g.pitch };
        gemm.run({ ...product.shape, ...sides, c: sums + group * weightsOfGroup, beta });
      }
      beta = 1;
    });
    if (layout === "nhwc") filtersFirst(shape, element, workshop.memory, own, into, accumulate);
  };
  return { run, kernels: gemm.kernels };
}

/** Makes the patches of an image and returns where they lie. */
function unfolding(problem: ConvProblem, workshop: Workshop): (image: number) => number {
  const { shape, layout, element } = problem;
  if (isPointwise(shape)) return (image) => image;
  const pad = paddedImage(problem, workshop);
  const unfolded = workshop.allocate(allocatedBytes(problem, unfoldedLength(shape)));
  const write = layout === "nchw" ? unfoldProgram : unfoldPixelsProgram;
  const unfold = workshop.compile(write(shape, vectorLanes(problem), element));
  return (image) => {
    unfold(pad(image), unfolded);
    return unfolded;
  };
}
