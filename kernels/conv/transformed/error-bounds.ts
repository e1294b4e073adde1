/**
 * How far a transformed convolution may be from the exact one: for each output the sum of what each rounding can
 * contribute at most, from the magnitudes of the operands at hand (Barabasz, Anderson, Soodhalter & Gregg, Error analysis
 * and improving the accuracy of Winograd convolution for deep neural networks, ACM TOMS 46(4), 2020). Not a guess of
 * what is typical: a kernel that exceeds it is wrong.
 */
import {
  type ConvShape,
  groupChannels,
  groupFilters,
  outputHeight,
  outputLength,
  outputWidth,
  taps,
} from "../shape.ts";
import { type Matrix, magnitudes } from "./linear-map.ts";
import { mapBothWays, type Winograd, winogradKernel } from "./winograd.ts";

type Numbers = Float32Array | Float64Array;

/** Half a unit in the last place of 1. */
export const roundoff = { f32: 2 ** -24, f64: 2 ** -53 } as const;

/** Roundings that a chain of so many operations adds up to, relative (Higham 2002, lemma 3.1). */
export const growth = (operations: number, unit: number): number =>
  (operations * unit) / (1 - operations * unit);

/**
 * Operations that an output goes through besides the sum over channels: of the transforms at most 4 a row and direction
 * for inputs, 6 for outputs, the rounding of the weights, the product, and a bias.
 */
const transformOperations = 2 * 4 + 2 * 6 + 3;

/** Bounds for every output of one image in nchw: |A^T| (sum over channels of |G g G^T| |B^T d B|) |A| times the growth. */
export function winogradErrorBound(
  winograd: Winograd,
  shape: ConvShape,
  input: Numbers,
  weights: Numbers,
  unit: number = roundoff.f32,
): Float64Array {
  const [rows, columns] = [outputHeight(shape), outputWidth(shape)];
  const bound = new Float64Array(outputLength(shape));
  const kernels = mappedMagnitudes(magnitudes(winograd.weights), weights, winogradKernel);
  const factor = growth(groupChannels(shape) + transformOperations, unit);
  for (let row = 0; row < rows; row += winograd.outputs)
    for (let column = 0; column < columns; column += winograd.outputs) {
      const tiles = mappedMagnitudes(
        magnitudes(winograd.input),
        tileOf(shape, input, row, column, winograd.outputs + winogradKernel - 1),
        winograd.outputs + winogradKernel - 1,
      );
      for (let filter = 0; filter < shape.filters; filter++) {
        const sums = sumOfProducts(shape, filter, tiles, kernels);
        const outputs = bothWays(magnitudes(winograd.output), sums);
        for (let i = 0; i < winograd.outputs && row + i < rows; i++)
          for (let j = 0; j < winograd.outputs && column + j < columns; j++)
            bound[(filter * rows + row + i) * columns + column + j] =
              factor * (outputs[i * winograd.outputs + j] as number);
      }
    }
  return bound;
}

function bothWays(matrix: Matrix, square: ArrayLike<number>): Float64Array {
  const into = new Float64Array(matrix.length ** 2);
  mapBothWays(matrix, square, into);
  return into;
}

/** M |X| M^T of each square in a row of squares. */
function mappedMagnitudes(matrix: Matrix, squares: Numbers, side: number): Float64Array[] {
  return Array.from({ length: squares.length / side ** 2 }, (_, i) =>
    bothWays(matrix, squares.subarray(i * side ** 2, (i + 1) * side ** 2).map(Math.abs)),
  );
}

/** The tile that begins at an output, of every channel; 0 where padding lies and behind the image. */
export function tileOf(
  { channels, height, width, padding }: ConvShape,
  input: Numbers,
  row: number,
  column: number,
  side: number,
): Float64Array {
  const tile = new Float64Array(channels * side * side);
  for (let channel = 0; channel < channels; channel++)
    for (let i = 0; i < side; i++)
      for (let j = 0; j < side; j++) {
        const [y, x] = [row + i - padding.top, column + j - padding.left];
        if (y >= 0 && y < height && x >= 0 && x < width)
          tile[(channel * side + i) * side + j] = input[(channel * height + y) * width + x] as number;
      }
  return tile;
}

function sumOfProducts(
  shape: ConvShape,
  filter: number,
  tiles: readonly Float64Array[],
  kernels: readonly Float64Array[],
): Float64Array {
  const channels = groupChannels(shape);
  const first = Math.floor(filter / groupFilters(shape)) * channels;
  const sums = new Float64Array(tiles[0]?.length ?? 0);
  for (let channel = 0; channel < channels; channel++) {
    const [tile, kernel] = [tiles[first + channel], kernels[filter * channels + channel]];
    for (let p = 0; p < sums.length; p++)
      sums[p] = (sums[p] as number) + (tile?.[p] as number) * (kernel?.[p] as number);
  }
  return sums;
}

/** Magnitudes that Gauss's three products add up, as a multiple of the one complex product: |a + b| + |d - c| + ... */
const gauss = 2;
/** Roundings of one stage of a transform, relative to the norm (Higham 2002, theorem 24.2), both directions of a tile. */
const stageOperations = 6;

/**
 * Bounds for every output of one image in nchw by Fourier's convolution with tiles of a side: a transform keeps the
 * 2-norm of a tile and its error is relative to that norm; at a frequency a kernel is at most the sum of its magnitudes.
 */
export function fourierErrorBound(
  size: number,
  shape: ConvShape,
  input: Numbers,
  weights: Numbers,
  unit: number = roundoff.f32,
): Float64Array {
  const [rows, columns] = [outputHeight(shape), outputWidth(shape)];
  const [channels, area] = [groupChannels(shape), taps(shape)];
  const step = { y: size - shape.kernelHeight + 1, x: size - shape.kernelWidth + 1 };
  const operations = channels + 2 * 2 * stageOperations * Math.log2(size) + transformOperations;
  const bound = new Float64Array(outputLength(shape));
  const kernels = sumsOf(weights, area, Math.abs);
  for (let row = 0; row < rows; row += step.y)
    for (let column = 0; column < columns; column += step.x) {
      const squares = sumsOf(tileOf(shape, input, row, column, size), size * size, (x) => x * x);
      for (let filter = 0; filter < shape.filters; filter++) {
        const first = Math.floor(filter / groupFilters(shape)) * channels;
        let sum = 0;
        for (let c = 0; c < channels; c++)
          sum += Math.sqrt(squares[first + c] as number) * (kernels[filter * channels + c] as number);
        for (let i = row; i < Math.min(row + step.y, rows); i++)
          for (let j = column; j < Math.min(column + step.x, columns); j++)
            bound[(filter * rows + i) * columns + j] = gauss * growth(operations, unit) * sum;
      }
    }
  return bound;
}

/** Sums over every run of `length` numbers. */
function sumsOf(values: Numbers, length: number, of: (x: number) => number): number[] {
  const sums = new Array<number>(values.length / length).fill(0);
  values.forEach((x, i) => {
    sums[Math.floor(i / length)] = (sums[Math.floor(i / length)] as number) + of(x);
  });
  return sums;
}
