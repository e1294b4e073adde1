/**
 * GEMM in double precision with an error bound for each element, and the check that every variant passes before it
 * is timed. Bound: |computed - exact| <= g (|alpha| |A| |B| + |beta| |C|) with g = (k + 3) u / (1 - (k + 3) u), u the
 * unit roundoff (Higham 2002, Accuracy and Stability of Numerical Algorithms, section 3.5), whatever the order of the
 * sum and with or without fused operations.
 */
import type { GemmShape, Real } from "./arguments.ts";

export type RealArray = Float32Array | Float64Array;

/** The operands as arrays; row strides in elements, dense by default. `c` is C before the call. */
export interface ReferenceInput extends GemmShape {
  readonly a: RealArray;
  readonly b: RealArray;
  readonly c?: RealArray;
  readonly lda?: number;
  readonly ldb?: number;
  readonly ldc?: number;
  readonly alpha?: number;
  readonly beta?: number;
}

/** What C should be: rows that were computed, their values, and how far a result may be from them. */
export interface GemmReference extends GemmShape {
  /** Indices of the rows that the reference covers, ascending; all of them where the product is small. */
  readonly rows: readonly number[];
  /** rows.length x n. */
  readonly value: Float64Array;
  readonly bound: Float64Array;
}

/** Unit roundoff and smallest positive number of the elements that a result consists of. */
const precision: Readonly<Record<Real, { readonly roundoff: number; readonly tiny: number }>> = {
  f32: { roundoff: 2 ** -24, tiny: 2 ** -149 },
  f64: { roundoff: 2 ** -53, tiny: 2 ** -1074 },
};

/** Multiply-adds of a reference that takes about a fifth of a second; beyond, a sample of the rows is computed. */
export const fullReferenceWork = 2 ** 27;

/** Rows at both ends that a sample always contains: more than any micro-kernel's tile is high. */
const edgeRows = 16;

/** The rows to compute: all, or both edges and rows spread over the rest. */
function sampledRows({ m, n, k }: GemmShape, work: number): readonly number[] {
  const affordable = Math.max(4 * edgeRows, Math.floor(work / Math.max(1, n * k)));
  if (m <= affordable) return Array.from({ length: m }, (_, i) => i);
  const middle = affordable - 2 * edgeRows;
  const chosen = new Set<number>();
  for (let i = 0; i < edgeRows; i++) chosen.add(i).add(m - 1 - i);
  for (let i = 0; i < middle; i++) chosen.add(edgeRows + Math.floor((i * (m - 2 * edgeRows)) / middle));
  return [...chosen].sort((left, right) => left - right);
}

/** C = alpha A B + beta C in double precision, with bounds for a result of `element`, by about `work` multiply-adds. */
export function referenceGemm(
  input: ReferenceInput,
  element: Real = "f32",
  work: number = fullReferenceWork,
): GemmReference {
  const { m, n, k, alpha = 1, beta = 0 } = input;
  const rows = sampledRows(input, work);
  const value = new Float64Array(rows.length * n);
  const bound = new Float64Array(rows.length * n);
  const { roundoff, tiny } = precision[element];
  // A double-precision reference of a double-precision result errs as much as the result.
  const steps = (k + 3) * roundoff * (element === "f64" ? 2 : 1);
  const growth = steps / (1 - steps);
  for (const [r, i] of rows.entries()) {
    const sum = value.subarray(r * n, (r + 1) * n);
    const magnitude = bound.subarray(r * n, (r + 1) * n);
    if (alpha !== 0) addRow(input, i, sum, magnitude);
    for (let j = 0; j < n; j++) {
      const before = beta === 0 ? 0 : beta * ((input.c as RealArray)[i * (input.ldc ?? n) + j] as number);
      sum[j] = alpha * (sum[j] as number) + before;
      magnitude[j] =
        growth * (Math.abs(alpha) * (magnitude[j] as number) + Math.abs(before)) + (k + 3) * tiny;
    }
  }
  return { m, n, k, rows, value, bound };
}

/** Adds row i of A B to `sum` and of |A| |B| to `magnitude`. */
function addRow(input: ReferenceInput, i: number, sum: Float64Array, magnitude: Float64Array): void {
  const { n, k, a, b, lda = k, ldb = n } = input;
  for (let p = 0; p < k; p++) {
    const factor = a[i * lda + p] as number;
    const row = p * ldb;
    for (let j = 0; j < n; j++) {
      const product = factor * (b[row + j] as number);
      sum[j] = (sum[j] as number) + product;
      magnitude[j] = (magnitude[j] as number) + Math.abs(product);
    }
  }
}

/**
 * Compares a result with its reference: null if every covered element lies within its bound, else where it differs
 * most and by how much. NaN must be NaN, and what exceeds the element's range must be infinite.
 */
export function differsFromReference(
  reference: GemmReference,
  c: RealArray,
  ldc: number = reference.n,
): string | null {
  let worst: { row: number; column: number; ratio: number } | undefined;
  let wrong = 0;
  for (const [r, row] of reference.rows.entries()) {
    for (let column = 0; column < reference.n; column++) {
      const place = r * reference.n + column;
      const ratio = excess(
        c[row * ldc + column] as number,
        reference.value[place] as number,
        reference.bound[place] as number,
        c instanceof Float32Array,
      );
      if (ratio <= 1) continue;
      wrong++;
      if (!worst || ratio > worst.ratio) worst = { row, column, ratio };
    }
  }
  if (!worst) return null;
  const found = c[worst.row * ldc + worst.column];
  const expected = reference.value[reference.rows.indexOf(worst.row) * reference.n + worst.column];
  const size = `${reference.m}x${reference.n}x${reference.k}`;
  return `${wrong} of ${reference.value.length} elements of ${size} differ; worst C[${worst.row}][${worst.column}]: expected ${expected}, found ${found}, ${worst.ratio.toPrecision(3)} times the error bound`;
}

/** Error as a multiple of the bound: at most 1 where the result is right. */
function excess(found: number, expected: number, bound: number, single: boolean): number {
  if (Number.isNaN(expected)) return Number.isNaN(found) ? 0 : Number.POSITIVE_INFINITY;
  const rounded = single ? Math.fround(expected) : expected;
  if (!Number.isFinite(rounded)) return found === rounded ? 0 : Number.POSITIVE_INFINITY;
  const error = Math.abs(found - expected);
  return Number.isNaN(error) ? Number.POSITIVE_INFINITY : error / bound;
}
