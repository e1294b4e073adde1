/**
 * Singular values and right singular vectors of matrices X with few columns, from the eigenvectors of X^T X, in float64
 * whatever the engine's type, with the gradients of both. Vectors of values that are small beside the largest lose twice
 * the digits that the values differ by.
 */
import { record } from "../record.ts";
import { abs, choose, div, mul, add as plus, sub } from "../scalar.ts";
import { shapeText } from "../shapes.ts";
import type { Tensor } from "../tensor.ts";
import { add } from "./arithmetic.ts";
import { map } from "./elementwise.ts";
import { matmul } from "./matmul.ts";
import { detach, reshape, slice, transpose } from "./move.ts";
import { symmetricVectors } from "./symmetric.ts";

/** The largest singular values [..., count], in falling order, and their vectors as columns [..., n, count]. */
export interface Singular {
  readonly values: Tensor;
  readonly vectors: Tensor;
}

/** Differences of squared values, beside the largest one, that are rounding. */
const equalUpTo = { f32: 2 ** -20, f64: 2 ** -49 } as const;

/**
 * Of matrices [..., m, n], the `count` largest singular values and right singular vectors; fewer where the smaller side
 * is shorter. A vector's sign is free: its largest element is made positive. Vectors of singular values that are equal up
 * to rounding are not determined: that they turn into one another is left out of gradients, where torch has infinities.
 * @throws RangeError for what is no matrix, or values that are no numbers
 */
export function rightSingular(x: Tensor, count: number): Singular {
  const [m, n] = x.shape.slice(-2);
  if (m === undefined || n === undefined || !(count > 0))
    throw new RangeError(
      `expected matrices and a count of at least 1; found ${shapeText(x.shape)} and ${count}`,
    );
  const leading = x.shape.slice(0, -2);
  const { element } = x.engine;
  const k = Math.min(count, m, n);
  const all = decompose(x, m, n);
  // All n vectors span the space that the wanted ones may move in.
  const [values, whole] = [slice(all.values, -1, 0, k), all.vectors];
  const vectors = slice(whole, -1, 0, k);
  const columns = slice(whole, -1, 0, k);
  return {
    // dS = diag(U^T dX V), U = X V / S.
    values: record(values, [x], (gradient) => {
      const scaled = map(
        [columns, reshape(gradient, [...leading, 1, k]), reshape(values, [...leading, 1, k])],
        (v, g, s) => choose(s, "gt", 0, mul(v, div(g, s)), 0),
      );
      return [matmul(matmul(detach(x), scaled), columns, { transposeB: true })];
    }),
    // V are eigenvectors of G = X^T X: dV = V (F o V^T dG V), F_ij = 1 / (s_j^2 - s_i^2) for i other than j.
    vectors: record(vectors, [x], (gradient) => {
      const turns = map(
        [
          matmul(whole, gradient, { transposeA: true }),
          reshape(all.values, [...leading, n, 1]),
          reshape(values, [...leading, 1, k]),
          reshape(slice(values, -1, 0, 1), [...leading, 1, 1]),
        ],
        (g, own, other, largest) => {
          const gap = mul(sub(other, own), plus(other, own));
          const least = mul(equalUpTo[element], mul(largest, largest));
          // On the diagonal it is 0, too.
          return choose(abs(gap), "le", least, 0, div(g, choose(abs(gap), "le", least, 1, gap)));
        },
      );
      const toG = matmul(matmul(whole, turns), columns, { transposeB: true });
      return [matmul(detach(x), add(toG, transpose(toG)))];
    }),
  };
}

/** All n singular values (0 beyond the rank) [..., n] and vectors [..., n, n] of each matrix; not recorded. */
function decompose(x: Tensor, m: number, n: number): Singular {
  const { engine, size } = x;
  const leading = x.shape.slice(0, -2);
  const values = engine.tensor([...leading, n]);
  const vectors = engine.tensor([...leading, n, n]);
  const [given, lengths, columns] = [x.values, values.values, vectors.values];
  for (let i = 0; i < size / (m * n); i++) {
    const rows = new Float64Array(given.subarray(i * m * n, (i + 1) * m * n));
    const found = symmetricVectors(squaredMatrix(rows, n))
      .map((vector) => ({ vector: upright(vector), length: imageLength(rows, vector) }))
      .sort((a, b) => b.length - a.length);
    for (const [j, { vector, length }] of found.entries()) {
      lengths[i * n + j] = length;
      for (const [row, value] of vector.entries()) columns[(i * n + row) * n + j] = value;
    }
  }
  return { values, vectors };
}

/** X^T X of a row-major matrix with n columns, as rows. @throws RangeError for numbers that are none */
function squaredMatrix(x: Float64Array, n: number): Float64Array[] {
  const made = Array.from({ length: n }, () => new Float64Array(n));
  for (let row = 0; row < x.length; row += n)
    for (let i = 0; i < n; i++) {
      const sums = made[i] as Float64Array;
      const factor = x[row + i] as number;
      for (let j = 0; j <= i; j++) sums[j] = (sums[j] as number) + factor * (x[row + j] as number);
    }
  // The other half is its mirror image.
  for (let i = 0; i < n; i++)
    for (let j = 0; j < i; j++) (made[j] as Float64Array)[i] = (made[i] as Float64Array)[j] as number;
  if (made.every((sums) => sums.every(Number.isFinite))) return made;
  throw new RangeError("expected finite numbers in a matrix to decompose; found others");
}

/** |X v|: more exact than the root of an eigenvalue, for values near 0. */
function imageLength(x: Float64Array, vector: Float64Array): number {
  let squares = 0;
  for (let row = 0; row < x.length; row += vector.length) {
    let sum = 0;
    for (let j = 0; j < vector.length; j++) sum += (x[row + j] as number) * (vector[j] as number);
    squares += sum * sum;
  }
  return Math.sqrt(squares);
}

/** With its largest element positive. */
function upright(column: Float64Array): Float64Array {
  const largest = column.reduce((best, x) => (Math.abs(x) > Math.abs(best) ? x : best), 0);
  return largest < 0 ? column.map((x) => -x) : column;
}
