/**
 * Singular values and right singular vectors of small matrices by Hestenes' one-sided Jacobi rotations (Golub & Van Loan
 * 2013, section 8.6.3), in float64 whatever the engine's type, with the gradients of both.
 */
import { record } from "../record.ts";
import { choose, div, mul, sub } from "../scalar.ts";
import { shapeText } from "../shapes.ts";
import type { Tensor } from "../tensor.ts";
import { add } from "./arithmetic.ts";
import { map } from "./elementwise.ts";
import { matmul } from "./matmul.ts";
import { detach, reshape, slice, transpose } from "./move.ts";

/** The largest singular values [..., count], in falling order, and their vectors as columns [..., n, count]. */
export interface Singular {
  readonly values: Tensor;
  readonly vectors: Tensor;
}

/**
 * Of matrices [..., m, n], the `count` largest singular values and right singular vectors; fewer where the smaller side
 * is shorter. A vector's sign is free: its largest element is made positive. Where two singular values are equal their
 * vectors are not determined, and gradients infinite.
 * @throws RangeError for what is no matrix, or values that are no numbers
 */
export function rightSingular(x: Tensor, count: number): Singular {
  const [m, n] = x.shape.slice(-2);
  if (m === undefined || n === undefined || !(count > 0))
    throw new RangeError(
      `expected matrices and a count of at least 1; found ${shapeText(x.shape)} and ${count}`,
    );
  const leading = x.shape.slice(0, -2);
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
        (v, g, s) => mul(v, div(g, s)),
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
          offDiagonal(x, n, k),
        ],
        (g, own, other, apart) => {
          const gap = sub(mul(other, other), mul(own, own));
          return choose(apart, "eq", 0, 0, div(g, choose(apart, "eq", 0, 1, gap)));
        },
      );
      const toG = matmul(matmul(whole, turns), columns, { transposeB: true });
      return [matmul(detach(x), add(toG, transpose(toG)))];
    }),
  };
}

/** [n, k] of ones with zeros on the diagonal. */
function offDiagonal({ engine }: Tensor, n: number, k: number): Tensor {
  const made = engine.tensor([n, k], 1);
  for (let i = 0; i < k; i++) made.values[i * k + i] = 0;
  return made;
}

/** All n singular values (0 beyond the rank) [..., n] and vectors [..., n, n] of each matrix; not recorded. */
function decompose(x: Tensor, m: number, n: number): Singular {
  const { engine, size } = x;
  const leading = x.shape.slice(0, -2);
  const values = engine.tensor([...leading, n]);
  const vectors = engine.tensor([...leading, n, n]);
  for (let i = 0; i < size / (m * n); i++) {
    const { lengths, turned } = rotate(columnsOf(x.values.subarray(i * m * n, (i + 1) * m * n), m, n));
    values.values.set(lengths, i * n);
    for (const [j, column] of turned.entries())
      for (const [row, value] of column.entries()) vectors.values[(i * n + row) * n + j] = value;
  }
  return { values, vectors };
}

const columnsOf = (matrix: ArrayLike<number>, m: number, n: number): Float64Array[] =>
  Array.from({ length: n }, (_, j) =>
    Float64Array.from({ length: m }, (_, i) => matrix[i * n + j] as number),
  );

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}

/** Cosine up to which columns count as orthogonal: what rounding leaves of one, as LAPACK's dgesvj has it. */
const orthogonal = (length: number): number => 2 * Number.EPSILON * Math.sqrt(length);
/** Convergence is quadratic: six to ten sweeps in practice. */
const mostSweeps = 60;

/** Turns pairs of columns until all are orthogonal; what turned them are the vectors, their lengths the values. */
function rotate(columns: readonly Float64Array[]) {
  const n = columns.length;
  const turned = columns.map((_, j) => Float64Array.from({ length: n }, (_, i) => (i === j ? 1 : 0)));
  // Columns beyond the rank end as rounding errors of the whole; they need not be orthogonal to each other.
  const noise = 1e-30 * columns.reduce((sum, column) => sum + dot(column, column), 0);
  if (!Number.isFinite(noise))
    throw new RangeError("expected finite numbers in a matrix to decompose; found others");
  for (let sweep = 0, moved = true; moved; sweep++) {
    if (sweep === mostSweeps) throw new RangeError(`expected to converge in ${mostSweeps} sweeps`);
    moved = false;
    for (let p = 0; p < n; p++)
      for (let q = p + 1; q < n; q++) {
        const pair = [columns[p], columns[q]] as [Float64Array, Float64Array];
        const turn = rotationOf(...pair, noise);
        if (!turn) continue;
        moved = true;
        apply(turn, ...pair);
        apply(turn, turned[p] as Float64Array, turned[q] as Float64Array);
      }
  }
  const lengths = columns.map((column) => Math.sqrt(dot(column, column)));
  const order = lengths.map((_, j) => j).sort((a, b) => (lengths[b] as number) - (lengths[a] as number));
  return {
    lengths: order.map((j) => lengths[j] as number),
    turned: order.map((j) => upright(turned[j] as Float64Array)),
  };
}

interface Rotation {
  readonly cosine: number;
  readonly sine: number;
}

/** The rotation that makes two columns orthogonal, by the smaller angle; none where they are. */
function rotationOf(a: Float64Array, b: Float64Array, noise: number): Rotation | undefined {
  const [aa, bb, ab] = [dot(a, a), dot(b, b), dot(a, b)];
  if (aa <= noise || bb <= noise || Math.abs(ab) <= orthogonal(a.length) * Math.sqrt(aa * bb))
    return undefined;
  const zeta = (bb - aa) / (2 * ab);
  const tangent = (zeta < 0 ? -1 : 1) / (Math.abs(zeta) + Math.sqrt(1 + zeta * zeta));
  const cosine = 1 / Math.sqrt(1 + tangent * tangent);
  return { cosine, sine: cosine * tangent };
}

function apply({ cosine, sine }: Rotation, a: Float64Array, b: Float64Array): void {
  for (let i = 0; i < a.length; i++) {
    const [x, y] = [a[i] as number, b[i] as number];
    a[i] = cosine * x - sine * y;
    b[i] = sine * x + cosine * y;
  }
}

/** With its largest element positive. */
function upright(column: Float64Array): Float64Array {
  const largest = column.reduce((best, x) => (Math.abs(x) > Math.abs(best) ? x : best), 0);
  return largest < 0 ? column.map((x) => -x) : column;
}
