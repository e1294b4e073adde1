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

/** Matrices by byte address; a row stride counts elements from one row to the next (default: the row's length). */
export interface GemmArguments extends GemmShape {
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly lda?: number;
  readonly ldb?: number;
  readonly ldc?: number;
  readonly alpha?: number;
  readonly beta?: number;
}

/** The same with every default filled in. */
export type GemmCall = Required<GemmArguments>;

/** Fills in the defaults: dense rows, alpha = 1, beta = 0. */
export function completeArguments(args: GemmArguments): GemmCall {
  return {
    alpha: 1,
    beta: 0,
    ...args,
    lda: args.lda ?? args.k,
    ldb: args.ldb ?? args.n,
    ldc: args.ldc ?? args.n,
  };
}

/** Bytes from the first to behind the last element of a matrix; the gap behind the last row is not touched. */
export function extentBytes(rows: number, columns: number, stride: number, element: Real): number {
  return rows === 0 || columns === 0 ? 0 : ((rows - 1) * stride + columns) * bytesOf[element];
}

/** @throws ProgramError for a size, stride, address or overlap that generated code must not meet. */
export function checkArguments(call: GemmCall, largest: GemmShape, element: Real, memoryBytes: number): void {
  for (const side of ["m", "n", "k"] as const)
    if (!Number.isInteger(call[side]) || call[side] < 0 || call[side] > largest[side])
      refuse(`${side} to be a whole number from 0 to ${largest[side]}`, call[side], sizeRemedy);
  const matrices = [
    { name: "a", rows: call.m, columns: call.k, stride: call.lda },
    { name: "b", rows: call.k, columns: call.n, stride: call.ldb },
    { name: "c", rows: call.m, columns: call.n, stride: call.ldc },
  ] as const;
  const spans = matrices.map(({ name, rows, columns, stride }) => {
    if (!Number.isInteger(stride) || stride < columns)
      refuse(`ld${name} to be at least the row length ${columns}`, stride, strideRemedy);
    const start = call[name];
    const end = start + extentBytes(rows, columns, stride, element);
    if (!Number.isInteger(start) || start < 0 || start % bytesOf[element] !== 0 || end > memoryBytes)
      refuse(`${name} as an address of ${element} with ${end - start} bytes in memory`, start, addressRemedy);
    return { name, start, end };
  });
  const [a, b, c] = spans as [Span, Span, Span];
  for (const input of [a, b])
    if (c.start < input.end && input.start < c.end)
      refuse(
        `c to lie apart from ${input.name}`,
        `c at ${c.start}, ${input.name} at ${input.start}`,
        overlapRemedy,
      );
}

interface Span {
  readonly name: string;
  readonly start: number;
  readonly end: number;
}

const sizeRemedy = "Create the kernel with a `shape` at least as large as every call.";
const strideRemedy = "Row-major rows lie one after the other; negative strides are not supported.";
const addressRemedy = "Pass the `address` of a Memory allocation, and a matrix that fits into it.";
const overlapRemedy = "Write to another allocation: blocked kernels read operands after they wrote results.";

function refuse(expected: string, found: number | string, remedy: string): never {
  throw new ProgramError("gemm", { expected, found: String(found), remedy });
}
