/**
 * The memory that kernels work on: one WebAssembly.Memory handed out as an arena. JavaScript and WebAssembly kernels
 * take byte addresses into it, so the same operands serve both. It never grows: growing would detach every view.
 */
import { type Complaint, ProgramError } from "./errors.ts";

/** Typed views by the short name that programs use for their elements. */
const viewTypes = {
  f32: Float32Array,
  f64: Float64Array,
  i32: Int32Array,
  u32: Uint32Array,
  i16: Int16Array,
  i8: Int8Array,
  u8: Uint8Array,
} as const;

export type ViewType = keyof typeof viewTypes;
export type View<T extends ViewType> = InstanceType<(typeof viewTypes)[T]>;

/** A piece of the arena: the view to fill and read, and the byte address to hand to a kernel. */
export interface Allocation<T extends ViewType = ViewType> {
  readonly view: View<T>;
  readonly address: number;
}

/** Cache line of x86-64 and of most ARM cores; a 64-byte vector never straddles two lines at this alignment. */
const alignment = 64;

const pageBytes = 65536;

/** The bytes at address 0 stay unused, so that a forgotten address (0) meets no operand. */
const firstFree = alignment;

/** An arena over one WebAssembly.Memory of fixed size. */
export class Memory {
  readonly webAssembly: WebAssembly.Memory;
  readonly bytes: number;
  #free = firstFree;

  /** @throws ProgramError if the machine cannot reserve `bytes` (rounded up to whole 64 KiB pages). */
  constructor(bytes: number) {
    if (!Number.isInteger(bytes) || bytes < 0 || bytes > 2 ** 32 - pageBytes)
      throw new ProgramError("Memory", {
        expected: "a size in bytes between 0 and 4294901760",
        found: String(bytes),
        remedy: "Pass the sum of the operands' bytes and 64 for each allocation.",
      });
    const pages = Math.ceil((bytes + firstFree) / pageBytes);
    try {
      this.webAssembly = new WebAssembly.Memory({ initial: pages, maximum: pages });
    } catch (cause) {
      const complaint: Complaint = {
        expected: `${pages * pageBytes} bytes of memory`,
        found: cause instanceof Error ? cause.message : String(cause),
        remedy: "Choose a smaller workload, or free memory.",
      };
      throw Object.assign(new ProgramError("Memory", complaint), { cause });
    }
    this.bytes = pages * pageBytes;
  }

  get buffer(): ArrayBuffer {
    return this.webAssembly.buffer;
  }

  /** Bytes that can still be handed out. */
  get freeBytes(): number {
    return this.bytes - this.#free;
  }

  /** `length` elements at a 64-byte boundary, zeroed. @throws ProgramError when the arena is exhausted. */
  allocate<T extends ViewType>(type: T, length: number): Allocation<T> {
    const size = length * viewTypes[type].BYTES_PER_ELEMENT;
    if (!Number.isInteger(length) || length < 0 || size > this.freeBytes)
      throw new ProgramError("Memory.allocate", {
        expected: `a length of at most ${Math.floor(this.freeBytes / viewTypes[type].BYTES_PER_ELEMENT)} ${type}`,
        found: String(length),
        remedy: `Give the Memory more than its ${this.bytes} bytes, or release to a mark first.`,
      });
    const address = this.#free;
    this.#free = Math.min(this.bytes, Math.ceil((address + size) / alignment) * alignment);
    const view = this.view(type, address, length);
    view.fill(0);
    return { view, address };
  }

  /** A view of what already lies at an address. */
  view<T extends ViewType>(type: T, address: number, length: number): View<T> {
    return new viewTypes[type](this.buffer, address, length) as View<T>;
  }

  /** The present fill level, to hand to `release`. */
  mark(): number {
    return this.#free;
  }

  /** Takes back everything allocated since the mark; views made since then must not be used any more. */
  release(mark: number): void {
    if (!Number.isInteger(mark) || mark < firstFree || mark > this.#free)
      throw new ProgramError("Memory.release", {
        expected: `a mark between ${firstFree} and ${this.#free}`,
        found: String(mark),
        remedy: "Release the marks of mark() in reverse order, each once.",
      });
    this.#free = mark;
  }
}
