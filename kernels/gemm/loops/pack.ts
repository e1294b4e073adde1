/** Which packing program suits the strides of a matrix; see programs/pack.ts for what each does. */
import type { Calls } from "../plan.ts";

export interface Packing {
  /** Rows of A or columns of B. */
  readonly length: number;
  readonly depth: number;
  /** Byte address of the first element. */
  readonly source: number;
  /** Elements from one row of A (column of B) to the next, and from one step of k to the next. */
  readonly lengthStride: number;
  readonly depthStride: number;
  readonly packed: number;
}

/** Copies a block into panels with the program of this matrix that reads it fastest. */
export function pack(calls: Calls, matrix: "A" | "B", packing: Packing): void {
  const { length, depth, source, lengthStride, depthStride, packed } = packing;
  if (lengthStride === 1) calls[`along${matrix}`]?.(length, depth, source, depthStride, packed);
  else if (depthStride === 1) calls[`across${matrix}`]?.(length, depth, source, lengthStride, packed);
  else calls[`strided${matrix}`]?.(length, depth, source, lengthStride, depthStride, packed);
}
