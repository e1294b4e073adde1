/** Convolution and matrix product: what most of a network's arithmetic is, by their definitions. */
import { lengthOf, type TensorType, typeText } from "../graph.ts";
import { broadcastShape, broadcastView, walk } from "../strides.ts";
import { input, type OperatorRow, type RealTensor, requireFloat } from "./operator.ts";
import { evaluateEpilogue, inferEpilogue } from "./pointwise.ts";
import { coveredSides, eachWindow } from "./window.ts";

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
        "Change groups.",
      );
    if (perGroup !== channels / groups)
      refuse(
        `weights for ${channels / groups} channels`,
        `${perGroup}`,
        "Channels of input and weights differ.",
      );
    if (window.kernel[0] !== height || window.kernel[1] !== width)
      refuse(`a kernel of ${height}x${width}, as the weights have`, window.kernel.join("x"), "Change one.");
    const sides = coveredSides(window, image, refuse);
    const result: TensorType = { element: "f32", shape: [batch, filters, ...sides] };
    return inferEpilogue(epilogue, result, inputs.slice(2), refuse);
  },
  evaluate: ({ window, groups, epilogue }, inputs, output) => {
    const [image, weights] = [input(inputs, 0), input(inputs, 1)];
    const sums = new Float64Array(lengthOf(output));
    const [filters, perGroup, kernelHeight, kernelWidth] = weights.shape as [number, number, number, number];
    const [, channels, height, width] = image.shape as [number, number, number, number];
    eachWindow(window, image, output, (batch, filter, place, index) => {
      const first = Math.floor(filter / (filters / groups)) * perGroup;
      let sum = 0;
      place((y, x, ky, kx) => {
        for (let c = 0; c < perGroup; c++) {
          const weight = ((filter * perGroup + c) * kernelHeight + ky) * kernelWidth + kx;
          const pixel = ((batch * channels + first + c) * height + y) * width + x;
          sum += (image.data[pixel] as number) * (weights.data[weight] as number);
        }
      });
      sums[index] = sum;
    });
    return evaluateEpilogue(epilogue, sums, inputs.slice(2), output);
  },
};

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
