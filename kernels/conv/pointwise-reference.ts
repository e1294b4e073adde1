/** The layers between the products by their definitions, in float64. */
import { type PointwiseLayer, poolStride, poolWindow, type Size } from "./network.ts";
import { normalisation, pooledSide } from "./pointwise.ts";

/** Output of a rectifier, normalisation or pooling layer. */
export function pointwiseReference({ kind, size }: PointwiseLayer, input: Float32Array): Float64Array {
  if (kind === "relu") return Float64Array.from(input, (x) => Math.max(0, x));
  return kind === "norm" ? normalised(size, input) : pooled(size, input);
}

function normalised({ channels, height, width }: Size, input: Float32Array): Float64Array {
  const area = height * width;
  const reach = (normalisation.neighbours - 1) / 2;
  return Float64Array.from(input, (x, at) => {
    const [channel, pixel] = [Math.floor(at / area), at % area];
    let squares = 0;
    for (let c = Math.max(0, channel - reach); c <= Math.min(channels - 1, channel + reach); c++) {
      squares += (input[c * area + pixel] as number) ** 2;
    }
    return x / (normalisation.offset + normalisation.scale * squares) ** 0.75;
  });
}

function pooled({ channels, height, width }: Size, input: Float32Array): Float64Array {
  const [rows, columns] = [pooledSide(height), pooledSide(width)];
  return Float64Array.from({ length: channels * rows * columns }, (_, at) => {
    const [channel, row, column] = [
      Math.floor(at / (rows * columns)),
      Math.floor(at / columns) % rows,
      at % columns,
    ];
    let largest = Number.NEGATIVE_INFINITY;
    for (let y = 0; y < poolWindow; y++) {
      for (let x = 0; x < poolWindow; x++) {
        const line = channel * height + row * poolStride + y;
        largest = Math.max(largest, input[line * width + column * poolStride + x] as number);
      }
    }
    return largest;
  });
}
