/**
 * Blocks of memory that are given back and used again. A training step asks for the same sizes over and over, so blocks
 * are kept by size and never split: after the first step nothing new is taken from the memory.
 */
import type { Memory } from "../../codegen/memory.ts";

/** Sizes are rounded up to eighths of a power of two, so that at most an eighth of a block is unused. */
const grain = 8;
const smallest = 64;

export class Heap {
  readonly memory: Memory;
  readonly #free = new Map<number, number[]>();
  readonly #sizes = new Map<number, number>();
  #live = 0;
  #peak = 0;

  constructor(memory: Memory) {
    this.memory = memory;
  }

  /** Bytes in use now, and the most that ever were at a time. */
  get liveBytes(): number {
    return this.#live;
  }
  get peakBytes(): number {
    return this.#peak;
  }

  /** The address of a block at a 64-byte boundary; what it holds is left over from others. @throws ProgramError */
  take(bytes: number): number {
    const size = rounded(bytes);
    const address = this.#free.get(size)?.pop() ?? this.memory.allocate("u8", size).address;
    this.#sizes.set(address, size);
    this.#live += size;
    this.#peak = Math.max(this.#peak, this.#live);
    return address;
  }

  /** Gives a block back. @throws Error for one that is not in use: whatever was freed twice would be shared. */
  give(address: number): void {
    const size = this.#sizes.get(address);
    if (size === undefined) throw new Error(`expected the address of a block in use; found ${address}`);
    this.#sizes.delete(address);
    this.#live -= size;
    const free = this.#free.get(size);
    if (free) free.push(address);
    else this.#free.set(size, [address]);
  }
}

function rounded(bytes: number): number {
  if (bytes <= smallest) return smallest;
  const step = Math.max(smallest, 2 ** (Math.ceil(Math.log2(bytes)) - 1) / grain);
  return Math.ceil(bytes / step) * step;
}
