/**
 * Winograd's minimal filtering for kernels of 3x3: F(2x2) and F(4x4) (Lavin & Gray, Fast algorithms for convolutional
 * neural networks, arXiv:1509.09308, equations 7 to 10 and section 4.3). In one dimension m outputs of a 3-tap filter g
 * over d = m + 2 inputs take m + 2 products instead of 3 m:
 *
 *     y = A^T [ (G g) * (B^T d) ],        * element by element
 */
import { at, load } from "../../codegen/expressions.ts";
import type { Matrix } from "./linear-map.ts";
import { channelPlane, filterPlane, inputProgramOf, outputProgramOf, type TileMethod } from "./method.ts";
import { bufferVectors, mapTile } from "./separable.ts";

/** The three matrices of F(m x m, 3 x 3). */
export interface Winograd {
  readonly outputs: number;
  /** B^T: (m + 2) x (m + 2). */
  readonly input: Matrix;
  /** G: (m + 2) x 3. */
  readonly weights: Matrix;
  /** A^T: m x (m + 2). */
  readonly output: Matrix;
}

/** F(2x2, 3x3): polynomials are evaluated at 0, 1, -1 and infinity; 16 products for 4 outputs instead of 36. */
export const winograd2: Winograd = {
  outputs: 2,
  input: [
    [1, 0, -1, 0],
    [0, 1, 1, 0],
    [0, -1, 1, 0],
    [0, 1, 0, -1],
  ],
  weights: [
    [1, 0, 0],
    [1 / 2, 1 / 2, 1 / 2],
    [1 / 2, -1 / 2, 1 / 2],
    [0, 0, 1],
  ],
  output: [
    [1, 1, 1, 0],
    [0, 1, -1, -1],
  ],
};

/** F(4x4, 3x3): at 0, 1, -1, 2, -2 and infinity; 36 products for 16 outputs instead of 144. */
export const winograd4: Winograd = {
  outputs: 4,
  input: [
    [4, 0, -5, 0, 1, 0],
    [0, -4, -4, 1, 1, 0],
    [0, 4, -4, -1, 1, 0],
    [0, -2, -1, 2, 1, 0],
    [0, 2, -1, -2, 1, 0],
    [0, 4, 0, -5, 0, 1],
  ],
  weights: [
    [1 / 4, 0, 0],
    [-1 / 6, -1 / 6, -1 / 6],
    [-1 / 6, 1 / 6, -1 / 6],
    [1 / 24, 1 / 12, 1 / 6],
    [1 / 24, -1 / 12, 1 / 6],
    [0, 0, 1],
  ],
  output: [
    [1, 1, 1, 1, 1, 0],
    [0, 1, -1, 2, -2, 0],
    [0, 1, 1, 4, 4, 0],
    [0, 1, -1, 8, -8, 1],
  ],
};

/** Sides of the kernels that these matrices are for. */
export const winogradKernel = 3;

/** Winograd's convolution as maps to a transform domain: point (i, j) of a tile is point i * side + j. */
export function winogradMethod(winograd: Winograd): TileMethod {
  const { outputs } = winograd;
  const side = outputs + winogradKernel - 1;
  const id = `winograd-${outputs}x${outputs}`;
  const step = { y: outputs, x: outputs };
  return {
    id,
    tile: { y: side, x: side },
    step,
    points: side * side,
    stripeRows: (tileRows) => tileRows * outputs,
    bufferVectors: Math.max(bufferVectors(winograd.input), bufferVectors(winograd.output)),
    inputProgram: (domain) =>
      inputProgramOf(id, domain, step, (b, { image, points, buffer }) => {
        const { lanes, imageRow, channelPitch } = domain;
        mapTile(b, {
          ...{ matrix: winograd.input, lanes, buffer },
          load: (i, j) => load(at(image, 0, i * imageRow + j * channelPitch), lanes),
          store: (i, j, value) => b.store(at(points, 0, (i * side + j) * channelPlane(domain)), value),
        });
      }),
    outputProgram: (domain) =>
      outputProgramOf(id, domain, step, (b, { points, stripe, buffer, finish }) => {
        const { lanes, stripeRow, filterPitch } = domain;
        mapTile(b, {
          ...{ matrix: winograd.output, lanes, buffer },
          load: (i, j) => load(at(points, 0, (i * side + j) * filterPlane(domain)), lanes),
          store: (i, j, value) => b.store(at(stripe, 0, i * stripeRow + j * filterPitch), finish(value)),
        });
      }),
    mapKernel: (kernel, points) => mapBothWays(winograd.weights, kernel, points),
  };
}

/**
 * M X M^T of a square X in double precision. Called for every kernel of a layer, hundreds of thousands: plain loops over
 * numbers, without a list for each product, are several times as fast.
 */
export function mapBothWays(matrix: Matrix, square: ArrayLike<number>, into: Float64Array): void {
  const side = matrix[0]?.length ?? 0;
  const rows = matrix.length;
  // M X first, as it lies: row i, column j.
  for (let i = 0; i < rows; i++) {
    const factors = matrix[i] as readonly number[];
    for (let j = 0; j < side; j++) {
      let sum = 0;
      for (let k = 0; k < side; k++) sum += (factors[k] as number) * (square[k * side + j] as number);
      half[i * side + j] = sum;
    }
  }
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < rows; j++) {
      const factors = matrix[j] as readonly number[];
      let sum = 0;
      for (let k = 0; k < side; k++) sum += (factors[k] as number) * (half[i * side + k] as number);
      into[i * rows + j] = sum;
    }
}

/** M X of the largest square and matrix that a test or a method has. */
const half = new Float64Array(64);
