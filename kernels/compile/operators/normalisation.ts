/** Normalisation, softmax, pooling and reduction: what reads several elements for each that it writes. */
import { lengthOf, type TensorType, typeText } from "../graph.ts";
import { denseStrides, walk } from "../strides.ts";
import { input, type OperatorRow, requireAxis, requireFloat } from "./operator.ts";
import { coveredSides, eachWindow } from "./window.ts";

export const batchNorm: OperatorRow<"batch-norm"> = {
  inputs: [5, 5],
  infer: ({ epsilon }, inputs, refuse) => {
    requireFloat(inputs, refuse);
    const x = input(inputs, 0);
    const channels = x.shape[1];
    if (channels === undefined)
      refuse("an input of two sides or more", typeText(x), "Add a side for channels.");
    for (const each of inputs.slice(1))
      if (each.shape.length !== 1 || each.shape[0] !== channels)
        refuse(`parameters of ${channels} channels`, typeText(each), "Give one number for each channel.");
    if (!(epsilon >= 0)) refuse("an epsilon of 0 or more", String(epsilon), "Change it.");
    return x;
  },
  evaluate: ({ epsilon }, inputs, output) => {
    const [x, scale, shift, mean, variance] = inputs.map(({ data }) => data) as Float64Array[];
    const channels = output.shape[1] as number;
    const inner = lengthOf({ shape: output.shape.slice(2) });
    return Float64Array.from(x as Float64Array, (value, at) => {
      const channel = Math.floor(at / inner) % channels;
      const of = (data: Float64Array | undefined): number => data?.[channel] as number;
      return ((value - of(mean)) / Math.sqrt(of(variance) + epsilon)) * of(scale) + of(shift);
    });
  },
};

export const layerNorm: OperatorRow<"layer-norm"> = {
  inputs: [3, 3],
  infer: ({ axis, epsilon }, inputs, refuse) => {
    requireFloat(inputs, refuse);
    const x = input(inputs, 0);
    requireAxis(axis, x.shape.length, refuse);
    const length = lengthOf({ shape: x.shape.slice(axis) });
    for (const each of inputs.slice(1))
      if (lengthOf(each) !== length)
        refuse(`parameters of ${length} elements`, typeText(each), "Give one for each normalised element.");
    if (!(epsilon >= 0)) refuse("an epsilon of 0 or more", String(epsilon), "Change it.");
    return x;
  },
  evaluate: ({ axis, epsilon }, inputs, output) => {
    const [x, scale, shift] = inputs.map(({ data }) => data) as [Float64Array, Float64Array, Float64Array];
    const length = lengthOf({ shape: output.shape.slice(axis) });
    const result = new Float64Array(x.length);
    for (let from = 0; from < x.length; from += length) {
      const row = x.subarray(from, from + length);
      const mean = row.reduce((sum, value) => sum + value, 0) / length;
      const variance = row.reduce((sum, value) => sum + (value - mean) ** 2, 0) / length;
      for (const [at, value] of row.entries())
        result[from + at] =
          ((value - mean) / Math.sqrt(variance + epsilon)) * (scale[at] as number) + (shift[at] as number);
    }
    return result;
  },
};

export const softmax: OperatorRow<"softmax"> = {
  inputs: [1, 1],
  infer: ({ axis }, inputs, refuse) => {
    requireFloat(inputs, refuse);
    const x = input(inputs, 0);
    requireAxis(axis, x.shape.length, refuse);
    return x;
  },
  evaluate: ({ axis }, inputs, output) => {
    const { data } = input(inputs, 0);
    const result = new Float64Array(data.length);
    eachLine(output, [axis], (places) => {
      const most = Math.max(...places.map((place) => data[place] as number));
      const powers = places.map((place) => Math.exp((data[place] as number) - most));
      const total = powers.reduce((sum, power) => sum + power, 0);
      for (const [at, place] of places.entries()) result[place] = (powers[at] as number) / total;
    });
    return result;
  },
};

export const pool: OperatorRow<"pool"> = {
  inputs: [1, 1],
  infer: ({ window }, inputs, refuse) => {
    requireFloat(inputs, refuse);
    const image = input(inputs, 0);
    if (image.shape.length !== 4)
      refuse("an image of four sides", typeText(image), "Only images are pooled.");
    const sides = coveredSides(window, image, refuse);
    const { kernel, dilation, padding } = window;
    const [height, width] = kernel.map((side, at) => (side - 1) * (dilation[at] as number) + 1) as [
      number,
      number,
    ];
    // Otherwise a window may cover no pixel at all, and its maximum is nothing.
    if (Math.max(padding.top, padding.bottom) >= height || Math.max(padding.left, padding.right) >= width)
      refuse("padding below the window's side", JSON.stringify(padding), "Pad less.");
    return { element: "f32", shape: [...image.shape.slice(0, 2), ...sides] };
  },
  evaluate: ({ kind, window, countPadding }, inputs, output) => {
    const image = input(inputs, 0);
    const [, channels, height, width] = image.shape as [number, number, number, number];
    const result = new Float64Array(lengthOf(output));
    eachWindow(window, image, output, (batch, channel, place, index) => {
      const found: number[] = [];
      const first = (batch * channels + channel) * height * width;
      place((y, x) => found.push(image.data[first + y * width + x] as number));
      const count = countPadding ? window.kernel[0] * window.kernel[1] : found.length;
      result[index] =
        kind === "max" ? Math.max(...found) : found.reduce((sum, value) => sum + value, 0) / count;
    });
    return result;
  },
};

export const reduce: OperatorRow<"reduce"> = {
  inputs: [1, 1],
  infer: ({ axes, keep }, inputs, refuse) => {
    requireFloat(inputs, refuse);
    const x = input(inputs, 0);
    for (const axis of axes) requireAxis(axis, x.shape.length, refuse);
    if (axes.some((axis, at) => at > 0 && axis <= (axes[at - 1] as number)))
      refuse("axes in ascending order", axes.join(","), "Sort them and name each once.");
    const kept = x.shape.map((side, at) => (axes.includes(at) ? 1 : side));
    return { element: "f32", shape: keep ? kept : kept.filter((_, at) => !axes.includes(at)) };
  },
  evaluate: ({ kind, axes }, inputs, output) => {
    const x = input(inputs, 0);
    const result = new Float64Array(lengthOf(output));
    let index = 0;
    eachLine(x, axes, (places) => {
      const values = places.map((place) => x.data[place] as number);
      const total = values.reduce((sum, value) => sum + value, 0);
      result[index++] =
        kind === "max"
          ? values.reduce((a, b) => Math.max(a, b))
          : kind === "sum"
            ? total
            : total / values.length;
    });
    return result;
  },
};

/** Calls `visit` with the places of all elements that differ along these axes alone, in the order of the others. */
function eachLine(
  type: TensorType,
  axes: readonly number[],
  visit: (places: readonly number[]) => void,
): void {
  const strides = denseStrides(type.shape);
  const sides = type.shape.map((_, side) => side);
  const viewOf = (chosen: readonly number[]) => ({
    shape: chosen.map((side) => type.shape[side] as number),
    strides: chosen.map((side) => strides[side] as number),
    offset: 0,
  });
  const offsets: number[] = [];
  walk([viewOf(axes)], ([place]) => offsets.push(place as number));
  walk([viewOf(sides.filter((side) => !axes.includes(side)))], ([first]) => {
    visit(offsets.map((offset) => (first as number) + offset));
  });
}
