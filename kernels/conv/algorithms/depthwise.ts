/**
 * Layers in which every filter sees one channel of its own: no product of matrices, a sum of a few vectors for each
 * output. As a GEMM with one row such a layer would use a lane or two; here lanes are neighbouring columns (nchw) or
 * channels (nhwc).
 */
import { type Accounting, accountingOf, definitionMultiplications, type Stage } from "../accounting.ts";
import type { ConvAlgorithm, MadeConvolution, Workshop } from "../algorithm.ts";
import { copiedPixels } from "../phased-image.ts";
import { allocatedBytes, type ConvProblem, elementBytes } from "../problem.ts";
import { depthwiseBufferLength, depthwiseProgram } from "../programs/depthwise.ts";
import {
  depthwisePixelsProgram,
  depthwiseWeightsLength,
  onPaddedImage,
  padsFirst,
  seenPixels,
  seenWeights,
} from "../programs/depthwise-nhwc.ts";
import { paddedLength } from "../programs/padded.ts";
import { inputLength, isUnpadded, outputLength, taps, weightsLength } from "../shape.ts";
import { everyImage, paddedImage } from "./images.ts";

/** Taps up to which the program, which writes each of them out, stays of readable size. */
const mostTaps = 256;

export const depthwise: ConvAlgorithm = {
  id: "depthwise",
  title: "depthwise sums",
  idea: "a channel alone is no matrix: neighbouring columns or channels are summed in the lanes of vectors",
  source: "Howard et al., MobileNets, arXiv:1704.04861, section 3.1",
  refuses: ({ shape }) => {
    const { channels, filters, groups } = shape;
    if (groups !== channels || filters !== channels)
      return {
        expected: "as many groups and filters as channels",
        found: `${groups} groups, ${filters} filters, ${channels} channels`,
      };
    return taps(shape) > mostTaps
      ? { expected: `kernels of at most ${mostTaps} taps`, found: String(taps(shape)) }
      : null;
  },
  accounting,
  calls: () => 1,
  fusesEpilogue: () => true,
  make: (problem, workshop) => (problem.layout === "nchw" ? planes : pixels)(problem, workshop),
};

function accounting(problem: ConvProblem): Accounting {
  const { shape, batch, layout } = problem;
  const copies = layout === "nhwc" && padsFirst(shape) && !isUnpadded(shape);
  return accountingOf({
    workspaceBytes:
      layout === "nchw"
        ? allocatedBytes(problem, depthwiseBufferLength(problem))
        : copies
          ? allocatedBytes(problem, paddedLength(shape))
          : 0,
    preparedBytes: layout === "nchw" ? 0 : allocatedBytes(problem, depthwiseWeightsLength(problem)),
    stages: stagesOf(problem, copies),
    multiplications: definitionMultiplications(shape, batch),
  });
}

function stagesOf(problem: ConvProblem, copies: boolean): readonly Stage[] {
  const { shape, batch, layout, epilogue } = problem;
  const bytes = batch * elementBytes(problem);
  const bias = epilogue.bias ? shape.channels : 0;
  const weights = layout === "nchw" ? weightsLength(shape) : seenWeights(problem);
  const summed = copies ? onPaddedImage(shape) : shape;
  const read = shape.channels * (layout === "nchw" ? copiedPixels(shape) : seenPixels(summed));
  const sums: Stage = {
    stage: "sums",
    readBytes: bytes * (read + weights + bias),
    writtenBytes: bytes * outputLength(shape),
  };
  if (!copies) return [sums];
  const copied = bytes * inputLength(shape);
  return [{ stage: "pad", readBytes: copied, writtenBytes: copied }, sums];
}

function planes(problem: ConvProblem, workshop: Workshop): MadeConvolution {
  const buffer = workshop.allocate(allocatedBytes(problem, depthwiseBufferLength(problem)));
  const sum = workshop.compile(depthwiseProgram(problem));
  let own = 0;
  return {
    prepare: (weights) => {
      own = weights;
    },
    run: (input, output, bias) =>
      everyImage(problem, input, output, (from, to) => sum(from, own, bias, to, buffer)),
  };
}

function pixels(problem: ConvProblem, workshop: Workshop): MadeConvolution {
  const { shape, element } = problem;
  const copies = padsFirst(shape);
  const pad = copies ? paddedImage(problem, workshop) : (input: number): number => input;
  const own = workshop.allocate(allocatedBytes(problem, depthwiseWeightsLength(problem)));
  const sum = workshop.compile(
    depthwisePixelsProgram(copies ? { ...problem, shape: onPaddedImage(shape) } : problem),
  );
  const pitch = depthwiseWeightsLength(problem) / taps(shape);
  return {
    prepare: (weights) => {
      const given = workshop.memory.view(element, weights, weightsLength(shape));
      const turned = workshop.memory.view(element, own, depthwiseWeightsLength(problem));
      given.forEach((weight, at) => {
        turned[(at % taps(shape)) * pitch + Math.floor(at / taps(shape))] = weight;
      });
    },
    run: (input, output, bias) =>
      everyImage(problem, input, output, (from, to) => sum(pad(from), own, bias, to)),
  };
}
