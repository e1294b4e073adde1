/** Convolution and matrix product: what most of a network's arithmetic is, by their definitions. */
import { type Convolution, lengthOf, type TensorType, typeText } from "../graph.ts";
import { broadcastShape, broadcastView, walk } from "../strides.ts";
import { input, type OperatorRow, type RealTensor, requireFloat } from "./operator.ts";
import { evaluateEpilogue, inferEpilogue } from "./pointwise.ts";
import { coveredSides } from "./window.ts";

export const conv: OperatorRow<"conv"> = {
  inputs: [2, 2],
  infer: ({ window, groups, epilogue }, inputs, refuse) => {
    requireFloat(inputs, refuse);
    const [image, weights] = [input(inputs, 0), input(inputs, 1)];
    if (image.shape.length !== 4 || weights.shape.length !== 4)
      refuse(
        "an image and weights of four sides",
        `${typeText(image)} and ${typeText(weights)}`,
        onlyTwoSides,
      );
    const [batch, channels] = image.shape as [number, number];
    const [filters, perGroup, height, width] = weights.shape as [number, number, number, number];
    if (!Number.isInteger(groups) || groups < 1 || channels % groups !== 0 || filters % groups !== 0)
      refuse(
        `groups that divide ${channels} channels and ${filters} filters`,
        String(groups),
        "Export the layer with groups that divide both; 1 is a plain convolution.",
      );
    if (perGroup !== channels / groups)
      refuse(
        `weights for ${channels / groups} channels: ${channels} of the image in ${groups} ${groups === 1 ? "group" : "groups"}`,
        `weights for ${perGroup}`,
        "Input, weights and groups do not belong together: export the layer again.",
      );
    if (window.kernel[0] !== height || window.kernel[1] !== width)
      refuse(
        `a kernel of ${height}x${width}, as the weights have`,
        window.kernel.join("x"),
        "Leave kernel_shape out, or export the weights that belong to it.",
      );
    const sides = coveredSides(window, image, refuse);
    const result: TensorType = { element: "f32", shape: [batch, filters, ...sides] };
    return inferEpilogue(epilogue, result, inputs.slice(2), refuse);
  },
  evaluate: ({ window, groups, epilogue }, inputs, output) => {
    const sums = new Float64Array(lengthOf(output));
    addTaps({ op: "conv", window, groups }, input(inputs, 0), input(inputs, 1), output, sums);
    return evaluateEpilogue(epilogue, sums, inputs.slice(2), output);
  },
};

/** Adds, tap by tap of every kernel, the rows of the image that it meets: the order in which memory lies. */
function addTaps(
  { window, groups }: Convolution,
  image: RealTensor,
  weights: RealTensor,
  output: TensorType,
  sums: Float64Array,
): void {
  const [batches, filters, rows, columns] = output.shape as [number, number, number, number];
  const [, channels, height, width] = image.shape as [number, number, number, number];
  const perGroup = channels / groups;
  const { kernel, stride, dilation, padding } = window;
  for (let batch = 0; batch < batches; batch++)
    for (let filter = 0; filter < filters; filter++)
      for (let tap = 0; tap < perGroup * kernel[0] * kernel[1]; tap++) {
        const weight = weights.data[filter * perGroup * kernel[0] * kernel[1] + tap] as number;
        const [kx, ky] = [tap % kernel[1], Math.floor(tap / kernel[1]) % kernel[0]];
        const channel =
          Math.floor(filter / (filters / groups)) * perGroup + Math.floor(tap / (kernel[0] * kernel[1]));
        const shift = kx * dilation[1] - padding.left;
        const first = Math.max(0, Math.ceil(-shift / stride[1]));
        const end = Math.min(columns, Math.ceil((width - shift) / stride[1]));
        for (let row = 0; row < rows; row++) {
          const y = row * stride[0] + ky * dilation[0] - padding.top;
          if (y < 0 || y >= height) continue;
          const from = ((batch * channels + channel) * height + y) * width + shift;
          const to = ((batch * filters + filter) * rows + row) * columns;
          for (let column = first; column < end; column++)
            sums[to + column] =
              (sums[to + column] as number) + weight * (image.data[from + column * stride[1]] as number);
        }
      }
}

const onlyTwoSides =
  "Convolutions over one or three sides are not supported; reshape a one-sided one to height 1.";

export const product: OperatorRow<"product"> = {
  inputs: [2, 2],
  infer: ({ transposeA, transposeB, epilogue }, inputs, refuse) => {
    requireFloat(inputs, refuse);
    const [a, b] = [input(inputs, 0), input(inputs, 1)];
    if (a.shape.length < 2 || b.shape.length < 2)
      refuse(
        "matrices, or stacks of them",
        `${typeText(a)} and ${typeText(b)}`,
        "Reshape a vector to a matrix.",
      );
    const [m, k] = matrixSides(a, transposeA);
    const [inner, n] = matrixSides(b, transposeB);
    if (k !== inner)
      refuse(
        `a second operand of ${k} rows`,
        `${inner}, in ${typeText(a)} times ${typeText(b)}`,
        "Transpose one.",
      );
    const stack = broadcastShape([a.shape.slice(0, -2), b.shape.slice(0, -2)]);
    if (!stack)
      return refuse(
        "stacks that broadcast",
        `${typeText(a)} and ${typeText(b)}`,
        "Sides must be equal, or 1.",
      );
    return inferEpilogue(epilogue, { element: "f32", shape: [...stack, m, n] }, inputs.slice(2), refuse);
  },
  evaluate: ({ transposeA, transposeB, epilogue }, inputs, output) => {
    const [a, b] = [input(inputs, 0), input(inputs, 1)];
    const [m, k] = matrixSides(a, transposeA);
    const [, n] = matrixSides(b, transposeB);
    const sums = new Float64Array(lengthOf(output));
    walk(stackViews(a, b, output), ([fromA, fromB], index) => {
      const first = { a: (fromA as number) * m * k, b: (fromB as number) * k * n, c: index * m * n };
      multiply({ m, n, k, transposeA, transposeB }, a.data, b.data, sums, first);
    });
    return evaluateEpilogue(epilogue, sums, inputs.slice(2), output);
  },
};

/** Rows and columns of an operand as the product reads it. */
export function matrixSides({ shape }: TensorType, transposed: boolean): [rows: number, columns: number] {
  const [rows, columns] = shape.slice(-2) as [number, number];
  return transposed ? [columns, rows] : [rows, columns];
}

/** Which matrix of each operand's stack belongs to each matrix of the result's. */
export function stackViews(a: TensorType, b: TensorType, output: TensorType) {
  const stack = output.shape.slice(0, -2);
  return [a, b].map(({ shape }) => broadcastView(shape.slice(0, -2), stack));
}

interface Multiplication {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

function multiply(
  { m, n, k, transposeA, transposeB }: Multiplication,
  a: RealTensor["data"],
  b: RealTensor["data"],
  c: Float64Array,
  first: { readonly a: number; readonly b: number; readonly c: number },
): void {
  for (let i = 0; i < m; i++)
    for (let p = 0; p < k; p++) {
      const factor = a[first.a + (transposeA ? p * m + i : i * k + p)] as number;
      for (let j = 0; j < n; j++) {
        const place = first.c + i * n + j;
        c[place] =
          (c[place] as number) + factor * (b[first.b + (transposeB ? j * k + p : p * n + j)] as number);
      }
    }
}
