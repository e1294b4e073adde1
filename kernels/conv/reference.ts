/**
 * Convolution by its definition, in float64: the yardstick for every faster form. As in all neural-network libraries
 * it is a cross-correlation (Dumoulin & Visin, A guide to convolution arithmetic, arXiv:1603.07285).
 */
import { type ConvShape, inputLength, outputHeight, outputLength, outputWidth } from "./shape.ts";

/** Input and output index and weight index of one multiply-add; indices into the dense tensors. */
type Visit = (input: number, weight: number, output: number) => void;

/** Calls `visit` for every multiply-add that touches no padding, output element by output element. */
function forEachTerm(shape: ConvShape, visit: Visit): void {
  const { channels, height, width, filters, kernelHeight, kernelWidth, stride, padding } = shape;
  const [rows, columns] = [outputHeight(shape), outputWidth(shape)];
  for (let filter = 0; filter < filters; filter++) {
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        const output = (filter * rows + row) * columns + column;
        for (let channel = 0; channel < channels; channel++) {
          for (let kh = 0; kh < kernelHeight; kh++) {
            const y = row * stride + kh - padding;
            if (y < 0 || y >= height) continue;
            for (let kw = 0; kw < kernelWidth; kw++) {
              const x = column * stride + kw - padding;
              if (x < 0 || x >= width) continue;
              const weight = ((filter * channels + channel) * kernelHeight + kh) * kernelWidth + kw;
              visit((channel * height + y) * width + x, weight, output);
            }
          }
        }
      }
    }
  }
}

/** Output of the layer, accumulated in float64. */
export function convolutionReference(
  shape: ConvShape,
  input: Float32Array,
  weights: Float32Array,
): Float64Array {
  const output = new Float64Array(outputLength(shape));
  forEachTerm(shape, (i, w, o) => {
    output[o] = (output[o] as number) + (input[i] as number) * (weights[w] as number);
  });
  return output;
}

/** Gradient of the loss by the input, from its gradient by the output, accumulated in float64. */
export function inputGradientReference(
  shape: ConvShape,
  outputGradient: Float32Array,
  weights: Float32Array,
): Float64Array {
  const gradient = new Float64Array(inputLength(shape));
  forEachTerm(shape, (i, w, o) => {
    gradient[i] = (gradient[i] as number) + (outputGradient[o] as number) * (weights[w] as number);
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
