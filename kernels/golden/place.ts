/** Tensors of a case in the memory that kernels work on; apart, so that every evaluator puts and reads them alike. */
import { bytesOf, type Element } from "../codegen/expressions.ts";
import type { Memory } from "../codegen/memory.ts";
import type { Execution } from "./evaluator.ts";
import type { Tensor } from "./tensors.ts";

/** A tensor in memory. */
export interface Placed {
  readonly address: number;
  /** What lies there now. */
  read(): Float64Array;
}

/** Copies a tensor into memory, rounded to the element of the run. */
export function put({ memory, element }: Execution, { values }: Pick<Tensor, "values">): Placed {
  const placed = room(memory, element, values.length);
  memory.view(element, placed.address, values.length).set(values);
  return placed;
}

/**
 * Room for a result. It is filled with NaN (integers: with the least), so that what a kernel forgets to write shows.
 */
export function room(memory: Memory, element: Element, length: number): Placed {
  const { view, address } = memory.allocate(element, length);
  view.fill(element === "i32" ? -(2 ** 31) : Number.NaN);
  return { address, read: () => Float64Array.from(memory.view(element, address, length)) };
}

/** Bytes that a tensor of so many elements takes, alignment included. */
export const placeBytes = (length: number, element: Element): number => length * bytesOf[element] + 64;
