/**
 * Ways to gradients that suit small kernels in nchw better than products of unfolded images, in fast arithmetic: of the
 * weights, sums of all taps in registers; of the input, for a stride of 1, the convolution with mirrored weights. Each
 * says beforehand whether it takes a problem and what it allocates.
 */

import { machineRow } from "../gemm/machines.ts";
import type { Workshop } from "./algorithm.ts";
import { everyImage, paddedImage } from "./algorithms/images.ts";
import { convAlgorithm } from "./algorithms.ts";
import { createConvolution, problemOf } from "./convolution.ts";
import { allocatedBytes, type ConvProblem, elementBytes, vectorLanes } from "./problem.ts";
import { paddedLength } from "./programs/padded.ts";
import {
  filledFilters,
  mirrorProgram,
  tapSumsProgram,
  turnGradientProgram,
  vectorsOfSums,
} from "./programs/tap-sums.ts";
import {
  type ConvShape,
  isPointwise,
  isUnpadded,
  outputHeight,
  outputWidth,
  patchLength,
  positions,
  taps,
  weightsLength,
} from "./shape.ts";

/** Whether the sums of a channel's taps fit the registers; wide layers are products large enough for GEMM. */
export function takesTapSums(problem: ConvProblem): boolean {
  const { shape, layout, arithmetic } = problem;
  return (
    layout === "nchw" &&
    arithmetic === "fast" &&
    shape.groups === 1 &&
    !isPointwise(shape) &&
    taps(shape) > 1 &&
    vectorsOf(problem) >= 1
  );
}

const vectorsOf = (problem: ConvProblem): number => {
  const most = vectorsOfSums(problem, machineRow(problem.element, problem.isa).registers);
  return Math.min(most, filledFilters(problem) / vectorLanes(problem));
};

/** Bytes of the turned gradient, the sums and the padded image. */
export function tapSumsBytes(problem: ConvProblem): number {
  const { shape } = problem;
  const padded = isUnpadded(shape) ? 0 : allocatedBytes(problem, paddedLength(shape));
  return padded + turnedBytes(problem) + sumsBytes(problem);
}
const turnedBytes = (problem: ConvProblem): number =>
  allocatedBytes(problem, positions(problem.shape) * filledFilters(problem));
const sumsBytes = (problem: ConvProblem): number =>
  allocatedBytes(problem, patchLength(problem.shape) * filledFilters(problem));

/** The gradient of the weights over a batch. */
export function weightGradientByTaps(problem: ConvProblem, { memory, compile, allocate }: Workshop) {
  const { shape, element } = problem;
  const pad = paddedImage(problem, { memory, compile, allocate });
  const [turnedGradient, sums] = [allocate(turnedBytes(problem)), allocate(sumsBytes(problem))];
  const turn = compile(turnGradientProgram(problem));
  const addTo = compile(tapSumsProgram(problem, vectorsOf(problem)));
  const [depth, filled] = [patchLength(shape), filledFilters(problem)];
  return (outputGradient: number, input: number, into: number, accumulate: boolean): void => {
    const totals = memory.view(element, sums, depth * filled).fill(0);
    everyImage(problem, input, outputGradient, (image, from) => {
      turn(from, turnedGradient);
      addTo(pad(image), turnedGradient, sums);
    });
    const result = memory.view(element, into, weightsLength(shape));
    for (let filter = 0; filter < shape.filters; filter++)
      for (let at = 0; at < depth; at++) {
        const before = accumulate ? (result[filter * depth + at] as number) : 0;
        result[filter * depth + at] = before + (totals[at * filled + filter] as number);
      }
  };
}

/** Filters of a convolution below which its tiles are so low that a product and a fold are faster (2.2x for one). */
const leastFilters = 8;

/** The convolution from the output's gradient to the input's; undefined where it would cut or spread. */
function mirrored({ shape, layout, arithmetic }: ConvProblem): ConvShape | undefined {
  const { stride, padding, dilation, kernelHeight, kernelWidth, groups } = shape;
  if (layout !== "nchw" || arithmetic !== "fast" || groups > 1 || stride.y > 1 || stride.x > 1)
    return undefined;
  if (isPointwise(shape) || shape.channels < leastFilters) return undefined;
  const [tall, wide] = [dilation.y * (kernelHeight - 1), dilation.x * (kernelWidth - 1)];
  const sides = {
    top: tall - padding.top,
    bottom: tall - padding.bottom,
    left: wide - padding.left,
    right: wide - padding.right,
  };
  if (Object.values(sides).some((side) => side < 0)) return undefined;
  return {
    ...shape,
    ...{ channels: shape.filters, filters: shape.channels, padding: sides },
    ...{ height: outputHeight(shape), width: outputWidth(shape) },
  };
}

export const takesMirror = (problem: ConvProblem): boolean => mirrored(problem) !== undefined;

/** How the mirrored convolution is computed: pixels broadcast to a vector of filters, or positions in the lanes. */
function mirrorOptions(problem: ConvProblem) {
  const { batch, layout, element, target, arithmetic, isa } = problem;
  const options = {
    ...{ shape: mirrored(problem) as ConvShape, batch, layout, element, target, arithmetic },
    ...(isa === "wasm" ? {} : { isa }),
  };
  return { ...options, algorithm: trainingAlgorithm(problemOf(options)) };
}

/** Bytes of the mirrored weights and of the convolution with them. */
export function mirrorBytes(problem: ConvProblem): number {
  const options = mirrorOptions(problem);
  const { workspaceBytes, preparedBytes } = convAlgorithm(options.algorithm).accounting(problemOf(options));
  return workspaceBytes + preparedBytes + allocatedBytes(problem, weightsLength(problem.shape));
}

/** The gradient of the input over a batch. */
export function inputGradientByMirror(problem: ConvProblem, { memory, compile, allocate }: Workshop) {
  const weightsBytes = weightsLength(problem.shape) * elementBytes(problem);
  const own = allocate(weightsBytes);
  const mirror = compile(mirrorProgram(problem));
  const convolution = createConvolution({ ...mirrorOptions(problem), memory });
  const run = (outputGradient: number, weights: number, inputGradient: number): void => {
    mirror(weights, own);
    convolution.prepare(own);
    convolution.run({ input: outputGradient, output: inputGradient });
  };
  return { run, kernels: convolution.kernels };
}

/**
 * What a layer in training is computed with, where its weights change with every step and are packed again: filters in
 * the lanes where there are enough of them and patches are long (measured on Zen 5, 16 channels of 14x14 to 32: 0.67 ms a
 * batch of 64, with positions in the lanes 0.92), else positions.
 */
export function trainingAlgorithm(problem: ConvProblem): "direct" | "implicit" {
  const { shape, layout, arithmetic } = problem;
  const lanes = vectorLanes(problem);
  if (layout === "nhwc") return "direct";
  return arithmetic === "fast" && shape.groups === 1 && shape.filters >= lanes && shape.channels >= lanes
    ? "direct"
    : "implicit";
}
