/**
 * The arguments of C = alpha A B + beta C on row-major matrices, and the checks that stand between a caller's mistake
 * and generated code, which checks nothing. Conventions are BLAS's: with beta = 0, C is written without being read.
 */
import { ProgramError } from "../codegen/errors.ts";
import { bytesOf } from "../codegen/expressions.ts";

export type Real = "f32" | "f64";

/** A is m x k, B is k x n, C is m x n. */
export interface GemmShape {
  readonly m: number;
  readonly n: number;
  readonly k: number;
}

/**
 * Matrices by byte address. A row stride (lda) counts elements from one row to the next (default: the row's length), a
 * column stride (csa) from one column to the next (default: 1). A transposed operand is stored as k x m (n x k): its
 * strides are those of what is stored.
 */
export interface GemmArguments extends GemmShape {
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly lda?: number;
  readonly ldb?: number;
  readonly ldc?: number;
  readonly csa?: number;
  readonly csb?: number;
  readonly csc?: number;
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
  readonly alpha?: number;
  readonly beta?: number;
}

/** The same with every default filled in; a transposed operand is one with its strides exchanged. */
export interface GemmCall extends GemmShape {
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly lda: number;
  readonly ldb: number;
  readonly ldc: number;
  readonly csa: number;
  readonly csb: number;
  readonly csc: number;
  readonly alpha: number;
  readonly beta: number;
}

/** Fills in the defaults: dense rows, alpha = 1, beta = 0. */
export function completeArguments(args: GemmArguments): GemmCall {
  const { m, n, k, a, b, c, transposeA = false, transposeB = false } = args;
  const { alpha = 1, beta = 0, csa = 1, csb = 1, csc = 1, ldc = n } = args;
  const { lda = transposeA ? m : k, ldb = transposeB ? k : n } = args;
  return {
    ...{ m, n, k, a, b, c, alpha, beta, ldc, csc },
    lda: transposeA ? csa : lda,
    csa: transposeA ? lda : csa,
    ldb: transposeB ? csb : ldb,
    csb: transposeB ? ldb : csb,
  };
}

/** The same product read the other way: the transpose of C is B transposed times A transposed. */
export function transposed(call: GemmCall): GemmCall {
  const { m, n, k, a, b, c, lda, csa, ldb, csb, ldc, csc, alpha, beta } = call;
  return {
    ...{ m: n, n: m, k, a: b, b: a, c, alpha, beta },
    ...{ lda: csb, csa: ldb, ldb: csa, csb: lda, ldc: csc, csc: ldc },
  };
}

/** Whether C lies column by column, so that the product is computed as its transpose. */
export function isColumnMajor({ ldc, csc }: GemmCall): boolean {
  return csc !== 1 && ldc === 1;
}

/** Whether rows of all three matrices are contiguous. */
export function hasPlainRows({ csa, csb, csc }: GemmCall): boolean {
  return csa === 1 && csb === 1 && csc === 1;
}

/** @throws ProgramError for a size, stride, address or overlap that generated code must not meet. */
export function checkArguments(call: GemmCall, largest: GemmShape, element: Real, memoryBytes: number): void {
  checkSide("m", call.m, largest.m);
  checkSide("n", call.n, largest.n);
  checkSide("k", call.k, largest.k);
  const { m, n, k, a, b, c } = call;
  const bytes = bytesOf[element];
  const endOfA = a + extentOf("a", m, k, call.lda, call.csa) * bytes;
  const endOfB = b + extentOf("b", k, n, call.ldb, call.csb) * bytes;
  const endOfC = c + extentOf("c", m, n, call.ldc, call.csc) * bytes;
  checkPlace("a", a, endOfA, element, memoryBytes);
  checkPlace("b", b, endOfB, element, memoryBytes);
  checkPlace("c", c, endOfC, element, memoryBytes);
  if (c < endOfA && a < endOfC) refuse("c to lie apart from a", `c at ${c}, a at ${a}`, overlapRemedy);
  if (c < endOfB && b < endOfC) refuse("c to lie apart from b", `c at ${c}, b at ${b}`, overlapRemedy);
}

function checkSide(side: string, found: number, largest: number): void {
  if (!Number.isInteger(found) || found < 0 || found > largest)
    refuse(`${side} to be a whole number from 0 to ${largest}`, found, sizeRemedy);
}

/** Elements from the first to behind the last of a matrix; its elements must all lie in different places. */
function extentOf(name: string, rows: number, columns: number, stride: number, step: number): number {
  if (!Number.isInteger(step) || step < 0) refuse(`cs${name} to be a whole number`, step, strideRemedy);
  const row = columns === 0 ? 0 : (columns - 1) * step + 1;
  const column = rows === 0 ? 0 : (rows - 1) * stride + 1;
  const apart = step >= 1 && (stride >= row || (stride >= 1 && step >= column));
  if (!Number.isInteger(stride) || stride < 0 || (rows > 0 && columns > 0 && !apart))
    refuse(`ld${name} to be at least the row length ${row}`, stride, strideRemedy);
  return rows === 0 || columns === 0 ? 0 : (rows - 1) * stride + row;
}

function checkPlace(name: string, start: number, end: number, element: Real, memoryBytes: number): void {
  if (!Number.isInteger(start) || start < 0 || start % bytesOf[element] !== 0 || end > memoryBytes)
    refuse(`${name} as an address of ${element} with ${end - start} bytes in memory`, start, addressRemedy);
}

const sizeRemedy = "Create the kernel with a `shape` at least as large as every call.";
const strideRemedy = "Rows (or columns) lie one after the other; negative strides are not supported.";
const addressRemedy = "Pass the `address` of a Memory allocation, and a matrix that fits into it.";
const overlapRemedy = "Write to another allocation: blocked kernels read operands after they wrote results.";

function refuse(expected: string, found: number | string, remedy: string): never {
  throw new ProgramError("gemm", { expected, found: String(found), remedy });
}
