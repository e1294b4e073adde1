/** The linear map in front of a tail: from the hidden state to fewer features, trained by plain gradient descent. */
import { createGemm, type Gemm, gemmWorkspaceBytes } from "../../gemm/gemm.ts";
import type { LayerOptions } from "./dense-layer.ts";

export interface Projection {
  readonly width: number;
  /** width x inputs. */
  readonly weights: Float32Array | Float64Array;
  /** Room for batch x inputs, to be filled before `forward`. */
  readonly input: Float32Array | Float64Array;
  /** Addresses of the projected rows, and of the room for their gradients, which `backward` reads. */
  forward(rows: number): { readonly features: number; readonly featureGradients: number };
  /** The gradients of the input, rows x inputs; takes `rate` times those of the weights off them. */
  backward(rows: number, rate: number): Float32Array | Float64Array;
}

const product = "packed-blocked";

const shapesOf = (inputs: number, width: number, batch: number) => [
  { m: batch, n: width, k: inputs },
  { m: batch, n: inputs, k: width },
  { m: width, n: inputs, k: batch },
];

/** Bytes that a projection allocates. */
export function projectionBytes(
  inputs: number,
  width: number,
  { target, element = "f32", batch }: Omit<LayerOptions, "memory">,
): number {
  const bytes = element === "f32" ? 4 : 8;
  const workspace = shapesOf(inputs, width, batch).reduce(
    (sum, shape) => sum + gemmWorkspaceBytes({ variant: product, target, element, shape }) + 64,
    0,
  );
  return bytes * (inputs * width + 2 * batch * (inputs + width)) + workspace + 512;
}

/** A projection with weights of 0. */
export function createProjection(inputs: number, width: number, options: LayerOptions): Projection {
  const { target, memory, element = "f32", batch } = options;
  const weights = memory.allocate(element, width * inputs);
  const [input, inputGradients] = [0, 1].map(() => memory.allocate(element, batch * inputs)) as [Room, Room];
  const [features, gradients] = [0, 1].map(() => memory.allocate(element, batch * width)) as [Room, Room];
  const [project, ofInput, ofWeights] = shapesOf(inputs, width, batch).map((shape) =>
    createGemm({ variant: product, target, memory, element, shape }),
  ) as [Gemm, Gemm, Gemm];
  return {
    width,
    weights: weights.view,
    input: input.view,
    forward(rows) {
      const operands = { a: input.address, b: weights.address, c: features.address };
      project.run({ m: rows, n: width, k: inputs, ...operands, transposeB: true });
      return { features: features.address, featureGradients: gradients.address };
    },
    backward(rows, rate) {
      const operands = { a: gradients.address, b: weights.address, c: inputGradients.address };
      ofInput.run({ m: rows, n: inputs, k: width, ...operands });
      const change = { a: gradients.address, b: input.address, c: weights.address, alpha: -rate, beta: 1 };
      ofWeights.run({ m: width, n: inputs, k: rows, ...change, transposeA: true });
      return inputGradients.view;
    },
  };
}

interface Room {
  readonly address: number;
  readonly view: Float32Array | Float64Array;
}
