/** Whole numbers in an engine's memory that say which rows or classes are meant. They have no gradient. */
import type { Heap } from "./heap.ts";

export class Indices {
  readonly size: number;
  readonly address: number;
  /** Every index is below it. */
  readonly limit: number;
  readonly #heap: Heap;
  #freed = false;

  /** For the engine; others ask `engine.indices`. */
  constructor(heap: Heap, values: ArrayLike<number>, limit: number) {
    for (let i = 0; i < values.length; i++) {
      const value = values[i] as number;
      // Generated code checks nothing: a wrong index would read another tensor.
      if (!Number.isInteger(value) || value < 0 || value >= limit)
        throw new RangeError(`expected whole numbers from 0 to ${limit - 1}; found ${value} at ${i}`);
    }
    this.size = values.length;
    this.limit = limit;
    this.#heap = heap;
    this.address = heap.take(4 * values.length);
    this.values.set(values);
  }

  /** The numbers themselves: a view of the memory, to be read only. */
  get values(): Int32Array {
    return this.#heap.memory.view("i32", this.address, this.size);
  }

  free(): void {
    if (this.#freed) return;
    this.#freed = true;
    this.#heap.give(this.address);
  }
}
