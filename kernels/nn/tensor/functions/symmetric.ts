/**
 * Eigenvectors of symmetric matrices: Householder's reflections make the matrix tridiagonal, and steps of the implicit QR
 * method with Wilkinson's shift make it diagonal (Golub & Van Loan 2013, sections 8.3.1 and 8.3.5). Plain arithmetic in
 * float64, with the same bits everywhere.
 */

/** Orthonormal eigenvectors, in no order; the matrix, given as rows, is overwritten. */
export function symmetricVectors(matrix: readonly Float64Array[]): readonly Float64Array[] {
  const n = matrix.length;
  const vectors = matrix.map((_, j) => Float64Array.from({ length: n }, (_, i) => (i === j ? 1 : 0)));
  for (let k = 0; k + 2 < n; k++) reflect(matrix, vectors, k);
  const tridiagonal = {
    diagonal: matrix.map((row, i) => row[i] as number),
    beside: matrix.slice(1).map((row, i) => row[i] as number),
  };
  diagonalise(tridiagonal, vectors);
  return vectors;
}

/** Turns what stands below the element under the diagonal in column k to 0, on both sides of the matrix. */
function reflect(matrix: readonly Float64Array[], vectors: readonly Float64Array[], k: number): void {
  const n = matrix.length;
  const v = Float64Array.from(matrix, (row, i) => (i > k ? (row[k] as number) : 0));
  const head = v[k + 1] as number;
  const target = (head > 0 ? -1 : 1) * Math.sqrt(dot(v, v));
  v[k + 1] = head - target;
  const squares = dot(v, v);
  if (squares === 0) return;
  const beta = 2 / squares;
  const p = Float64Array.from(matrix, (row) => beta * dot(row, v));
  const half = (beta / 2) * dot(p, v);
  for (let i = 0; i < n; i++) p[i] = (p[i] as number) - half * (v[i] as number);
  // H A H = A - v w^T - w v^T with w = p - half v.
  for (const [i, row] of matrix.entries()) {
    addTimes(row, -(v[i] as number), p);
    addTimes(row, -(p[i] as number), v);
  }
  // Q H = Q - beta (Q v) v^T; the vectors are the columns of Q.
  const image = new Float64Array(n);
  for (const [j, vector] of vectors.entries()) addTimes(image, v[j] as number, vector);
  for (const [j, vector] of vectors.entries()) addTimes(vector, -beta * (v[j] as number), image);
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}

function addTimes(sum: Float64Array, factor: number, addend: Float64Array): void {
  if (factor === 0) return;
  for (let i = 0; i < sum.length; i++) sum[i] = (sum[i] as number) + factor * (addend[i] as number);
}

interface Tridiagonal {
  readonly diagonal: number[];
  /** Elements beside the diagonal, one fewer. */
  readonly beside: number[];
}

/** Steps for one eigenvalue: two or three in practice. */
const mostSteps = 60;

/** Splits off eigenvalues at the end until none is left; `vectors` turn with them. */
function diagonalise({ diagonal, beside }: Tridiagonal, vectors: readonly Float64Array[]): void {
  const scale = Math.max(0, ...diagonal.map(Math.abs), ...beside.map(Math.abs));
  const gone = (i: number): boolean => Math.abs(beside[i] as number) <= Number.EPSILON * scale;
  for (let end = beside.length, steps = 0; end > 0; ) {
    if (gone(end - 1)) {
      end--;
      steps = 0;
      continue;
    }
    if (steps++ === mostSteps) throw new RangeError(`expected to converge in ${mostSteps} steps`);
    let start = end - 1;
    while (start > 0 && !gone(start - 1)) start--;
    step({ diagonal, beside }, vectors, start, end);
  }
}

/** One implicit QR step on the block from `start` to `end`: a rotation makes a bulge, which others chase out. */
function step(
  { diagonal, beside }: Tridiagonal,
  vectors: readonly Float64Array[],
  start: number,
  end: number,
): void {
  const last = beside[end - 1] as number;
  const half = ((diagonal[end - 1] as number) - (diagonal[end] as number)) / 2;
  const shift =
    (diagonal[end] as number) - last ** 2 / (half + (half < 0 ? -1 : 1) * Math.sqrt(half ** 2 + last ** 2));
  let [x, z] = [(diagonal[start] as number) - shift, beside[start] as number];
  for (let k = start; k < end; k++) {
    const r = Math.sqrt(x * x + z * z);
    const [c, s] = r === 0 ? [1, 0] : [x / r, z / r];
    if (k > start) beside[k - 1] = r;
    const [a, b, d] = [diagonal[k] as number, beside[k] as number, diagonal[k + 1] as number];
    diagonal[k] = c * c * a + 2 * c * s * b + s * s * d;
    diagonal[k + 1] = s * s * a - 2 * c * s * b + c * c * d;
    beside[k] = c * s * (d - a) + (c * c - s * s) * b;
    rotate(vectors[k] as Float64Array, vectors[k + 1] as Float64Array, c, s);
    if (k + 1 === end) break;
    x = beside[k] as number;
    z = s * (beside[k + 1] as number);
    beside[k + 1] = c * (beside[k + 1] as number);
  }
}

function rotate(a: Float64Array, b: Float64Array, c: number, s: number): void {
  for (let i = 0; i < a.length; i++) {
    const [x, y] = [a[i] as number, b[i] as number];
    a[i] = c * x + s * y;
    b[i] = c * y - s * x;
  }
}
