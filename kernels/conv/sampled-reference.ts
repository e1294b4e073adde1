/**
 * The definition at a sample of the outputs, with a bound for the rounding of each: what a large layer is checked against
 * before it is timed. All outputs where they are few; else corners, and elements spread by the golden ratio, which falls
 * into every row, column and filter.
 */
import { forEachTap } from "./reference.ts";
import {
  type ConvShape,
  type Layout,
  outputHeight,
  outputLength,
  outputWidth,
  patchLength,
} from "./shape.ts";

export interface SampledReference {
  /** Indices into the output. */
  readonly at: readonly number[];
  readonly values: Float64Array;
  /** How far a float32 sum in any order may be from each: (k + 3) u |x| |w| (Higham 2002, section 3.5). */
  readonly bounds: Float64Array;
}

/** Multiply-adds of a reference that takes some tenths of a second. */
const affordable = 2 ** 23;
const goldenRatio = 0.6180339887498949;
const unitRoundoff = 2 ** -24;

/** The reference for one image. */
export function sampledReference(
  shape: ConvShape,
  layout: Layout,
  input: Float32Array,
  weights: Float32Array,
): SampledReference {
  const at = sample(outputLength(shape), Math.max(64, Math.floor(affordable / patchLength(shape))));
  const values = new Float64Array(at.length);
  const bounds = new Float64Array(at.length);
  const growth = (patchLength(shape) + 3) * unitRoundoff;
  const { channels, height, width } = shape;
  const place =
    layout === "nchw"
      ? (channel: number, y: number, x: number) => (channel * height + y) * width + x
      : (channel: number, y: number, x: number) => (y * width + x) * channels + channel;
  for (const [i, index] of at.entries()) {
    const { filter, row, column } = outputAt(shape, layout, index);
    let [sum, magnitude] = [0, 0];
    forEachTap(shape, filter, row, column, (channel, y, x, weight) => {
      const product = (input[place(channel, y, x)] as number) * (weights[weight] as number);
      sum += product;
      magnitude += Math.abs(product);
    });
    values[i] = sum;
    bounds[i] = growth * magnitude + Number.MIN_VALUE;
  }
  return { at, values, bounds };
}

function sample(length: number, count: number): readonly number[] {
  if (length <= count) return Array.from({ length }, (_, i) => i);
  const spread = Array.from({ length: count }, (_, i) => Math.floor(((i * goldenRatio) % 1) * length));
  return [...new Set([0, length - 1, ...spread])];
}

function outputAt(shape: ConvShape, layout: Layout, index: number) {
  const [rows, columns] = [outputHeight(shape), outputWidth(shape)];
  const [filter, position] =
    layout === "nchw"
      ? [Math.floor(index / (rows * columns)), index % (rows * columns)]
      : [index % shape.filters, Math.floor(index / shape.filters)];
  return { filter, row: Math.floor(position / columns), column: position % columns };
}

/** Largest error of the sampled outputs as a share of the largest of them. */
export function sampledError({ at, values }: SampledReference, output: Float32Array): number {
  let [error, largest] = [0, Number.MIN_VALUE];
  for (const [i, index] of at.entries()) {
    error = Math.max(error, Math.abs((output[index] as number) - (values[i] as number)));
    largest = Math.max(largest, Math.abs(values[i] as number));
  }
  return error / largest;
}

/**
 * Null where every sampled output is right, else where the first differs. With a tolerance (of algorithms that transform)
 * the bound is that share of the largest output.
 */
export function differsFromSample(
  { at, values, bounds }: SampledReference,
  output: Float32Array,
  tolerance?: number,
): string | null {
  const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  for (const [i, index] of at.entries()) {
    const bound = tolerance === undefined ? (bounds[i] as number) : tolerance * largest;
    const found = output[index] as number;
    if (!(Math.abs(found - (values[i] as number)) <= bound))
      return `output[${index}] must be within ${bound} of ${values[i]}; it is ${found}`;
  }
  return null;
}
