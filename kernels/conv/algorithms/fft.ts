/** Fourier's convolution for dense kernels of stride 1: what it costs hardly depends on the size of the kernel. */
import type { ConvAlgorithm, Refusal } from "../algorithm.ts";
import { type ConvProblem, elementBytes, vectorLanes } from "../problem.ts";
import { type ConvShape, groupChannels } from "../shape.ts";
import { transformedAccounting } from "../transformed/accounting.ts";
import { makeTransformed } from "../transformed/convolution.ts";
import { fourierMethod } from "../transformed/fourier.ts";
import type { TileMethod } from "../transformed/method.ts";
import { blocksOf, transformedPlan } from "../transformed/plan.ts";

/** Sides of tiles: with 64 a vector's tile of 512 bits is 256 KiB, a fair share of a second-level cache. */
const sides = [8, 16, 32, 64] as const;
/** Beyond, more than half of the largest tile is overlap in each direction. */
const largestKernel = 33;

export const fft: ConvAlgorithm = {
  id: "fft",
  title: "FFT of tiles",
  idea: "a kernel of any size acts by one complex product a frequency",
  source: "Mathieu, Henaff & LeCun, Fast training of convolutional networks through FFTs, arXiv:1312.5851",
  refuses,
  accounting: (problem) => transformedAccounting(methodFor(problem), problem),
  // Measured at most 2e-6 with kernels of up to 15x15; a wrong twiddle factor errs by a tenth.
  tolerance: 1e-5,
  // The cost is in operations, of which a multiply-add has two and a core starts two multiply-adds a cycle.
  cycles: (problem) =>
    (problem.shape.groups * cost(problem, tileSideFor(problem))) / (4 * vectorLanes(problem)),
  fusesEpilogue: () => true,
  addsResidual: () => true,
  // The side of the tiles, and with it rounding, depends on the number of filters.
  sharing: () => "none",
  make: (problem, workshop) => makeTransformed(methodFor(problem), problem, workshop),
};

function refuses({ shape }: ConvProblem): Refusal | null {
  const { kernelHeight, kernelWidth, stride, dilation } = shape;
  if (stride.y !== 1 || stride.x !== 1)
    return { expected: "stride 1", found: `strides ${stride.y} and ${stride.x}` };
  if (dilation.y !== 1 || dilation.x !== 1)
    return { expected: "a dense kernel", found: `dilations ${dilation.y} and ${dilation.x}` };
  if (Math.max(kernelHeight, kernelWidth) > largestKernel)
    return {
      expected: `a kernel of at most ${largestKernel} a side`,
      found: `${kernelHeight}x${kernelWidth}`,
    };
  return null;
}

/**
 * What an operation of a transform costs, which loads and stores as it adds, and what streaming a byte of weights costs
 * from where they do not fit a second-level cache, in operations of the products. Set once from 19 layers with tiles of every side on a Zen 5 core.
 */
const weight = { transform: 3, streamedByte: 4 };

/** The side of tiles that costs least: larger ones overlap less, but have more weights and are cut off at the border. */
export function tileSideFor(problem: ConvProblem): number {
  const possible = sides.filter(
    (side) => side >= Math.max(problem.shape.kernelHeight, problem.shape.kernelWidth),
  );
  return possible.reduce((best, side) => (cost(problem, side) < cost(problem, best) ? side : best));
}

function cost(problem: ConvProblem, side: number): number {
  const { shape } = problem;
  const plan = transformedPlan(fourierMethod(side, kernelOf(shape)), problem);
  const { channelPitch, filterPitch, tileColumns } = plan.domain;
  const products = 2 * plan.method.points * groupChannels(shape) * filterPitch;
  const transforms = 5 * side * side * Math.log2(side) * (channelPitch + filterPitch);
  const streamed = elementBytes(problem) * plan.weightsOfGroup * blocksOf(plan).length;
  return (
    plan.tileRows * tileColumns * (products + weight.transform * transforms) + weight.streamedByte * streamed
  );
}

const kernelOf = ({ kernelHeight, kernelWidth }: ConvShape) => ({ y: kernelHeight, x: kernelWidth });

function methodFor(problem: ConvProblem): TileMethod {
  return fourierMethod(tileSideFor(problem), kernelOf(problem.shape));
}
