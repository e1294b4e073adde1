/**
 * Convolution by its definition, in float64: the yardstick for every faster form. As in all neural-network libraries
 * it is a cross-correlation (Dumoulin & Visin, A guide to convolution arithmetic, arXiv:1603.07285).
 */
import {
  type ConvShape,
  groupChannels,
  groupFilters,
  inputLength,
  type Layout,
  outputHeight,
  outputLength,
  outputWidth,
  weightsLength,
} from "./shape.ts";

type Numbers = Float32Array | Float64Array;

/** Input and output index and weight index of one multiply-add; indices into the dense tensors. */
type Visit = (input: number, weight: number, output: number) => void;

/** How far apart neighbours of one tensor lie. */
interface Strides {
  readonly channel: number;
  readonly row: number;
  readonly column: number;
}

const stridesOf = (layout: Layout, channels: number, height: number, width: number): Strides =>
  layout === "nchw"
    ? { channel: height * width, row: width, column: 1 }
    : { channel: 1, row: width * channels, column: channels };

/** Calls `visit` for every multiply-add that touches no padding, output element by output element. */
function forEachTerm(shape: ConvShape, layout: Layout, visit: Visit): void {
  const { channels, height, width, filters } = shape;
  const [rows, columns] = [outputHeight(shape), outputWidth(shape)];
  const from = stridesOf(layout, channels, height, width);
  const to = stridesOf(layout, filters, rows, columns);
  for (let filter = 0; filter < filters; filter++) {
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        const output = filter * to.channel + row * to.row + column * to.column;
        forEachTap(shape, filter, row, column, (channel, y, x, weight) =>
          visit(channel * from.channel + y * from.row + x * from.column, weight, output),
        );
      }
    }
  }
}

/** Calls `visit` for each tap of one output element that lies inside the image, with the index of its weight. */
export function forEachTap(
  shape: ConvShape,
  filter: number,
  row: number,
  column: number,
  visit: (channel: number, y: number, x: number, weight: number) => void,
): void {
  const { height, width, kernelHeight, kernelWidth, stride, padding, dilation } = shape;
  const depth = groupChannels(shape);
  const firstChannel = Math.floor(filter / groupFilters(shape)) * depth;
  for (let channel = 0; channel < depth; channel++) {
    for (let kh = 0; kh < kernelHeight; kh++) {
      const y = row * stride.y + kh * dilation.y - padding.top;
      if (y < 0 || y >= height) continue;
      for (let kw = 0; kw < kernelWidth; kw++) {
        const x = column * stride.x + kw * dilation.x - padding.left;
        if (x < 0 || x >= width) continue;
        const weight = ((filter * depth + channel) * kernelHeight + kh) * kernelWidth + kw;
        visit(firstChannel + channel, y, x, weight);
      }
    }
  }
}

/** Output for one image, accumulated in float64. */
export function convolutionReference(
  shape: ConvShape,
  input: Numbers,
  weights: Numbers,
  layout: Layout = "nchw",
): Float64Array {
  const output = new Float64Array(outputLength(shape));
  forEachTerm(shape, layout, (i, w, o) => {
    output[o] = (output[o] as number) + (input[i] as number) * (weights[w] as number);
  });
  return output;
}

/** Gradient of the loss by the input, from its gradient by the output, accumulated in float64. */
export function inputGradientReference(
  shape: ConvShape,
  outputGradient: Numbers,
  weights: Numbers,
  layout: Layout = "nchw",
): Float64Array {
  const gradient = new Float64Array(inputLength(shape));
  forEachTerm(shape, layout, (i, w, o) => {
    gradient[i] = (gradient[i] as number) + (outputGradient[o] as number) * (weights[w] as number);
  });
  return gradient;
}

/** Gradient of the loss by the weights, from its gradient by the output, accumulated in float64. */
export function weightGradientReference(
  shape: ConvShape,
  outputGradient: Numbers,
  input: Numbers,
  layout: Layout = "nchw",
): Float64Array {
  const gradient = new Float64Array(weightsLength(shape));
  forEachTerm(shape, layout, (i, w, o) => {
    gradient[w] = (gradient[w] as number) + (outputGradient[o] as number) * (input[i] as number);
  });
  return gradient;
}

/**
 * Compares float32 sums of `terms` products of values in [-1, 1] with float64 ones: null, or where the first differs.
 * Each partial sum is at most `terms` and is rounded by half a unit in 2^24 (Higham 2002, section 3.1).
 */
export function differsFromSums(found: Float32Array, expected: Float64Array, terms: number): string | null {
  const bound = (terms * terms) / 2 ** 24;
  const at = expected.findIndex((value, i) => !(Math.abs((found[i] as number) - value) <= bound));
  return at < 0 ? null : `output[${at}] must be within ${bound} of ${expected[at]}; it is ${found[at]}`;
}
