/**
 * The memory that kernels work on: one WebAssembly.Memory handed out as an arena. JavaScript and WebAssembly kernels
 * take byte addresses into it, so the same operands serve both. It never grows: growing would detach every view.
 * A shared one can be worked on by several threads, each with an arena of its own in the same bytes.
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

export interface MemoryOptions {
  /** Whether other threads may attach. Not the default: JavaScript on shared bytes is slower in some engines. */
  readonly shared?: boolean;
}

/** A piece of a shared memory that another thread may allocate from. Can be posted; no byte is copied. */
export interface MemoryRange {
  readonly webAssembly: WebAssembly.Memory;
  readonly from: number;
  /** Address behind the last byte. */
  readonly to: number;
}

/** An arena over one WebAssembly.Memory of fixed size. */
export class Memory {
  readonly webAssembly: WebAssembly.Memory;
  /** Size of the whole memory, also where this arena has but a range of it. */
  readonly bytes: number;
  readonly shared: boolean;
  readonly #from: number;
  readonly #to: number;
  #free: number;

  /** @throws ProgramError if the machine cannot reserve `bytes` (rounded up to whole 64 KiB pages). */
  constructor(bytes: number | MemoryRange, options: MemoryOptions = {}) {
    const range = typeof bytes === "number" ? reserve(bytes, options.shared ?? false) : bytes;
    this.webAssembly = range.webAssembly;
    this.bytes = range.webAssembly.buffer.byteLength;
    this.shared = isShared(range.webAssembly.buffer);
    this.#from = range.from;
    this.#to = range.to;
    this.#free = range.from;
  }

  /** The arena of a range that was set aside by `share`, in the thread that received it. Addresses mean the same. */
  static attach(range: MemoryRange): Memory {
    return new Memory(range);
  }

  /**
   * Sets bytes aside for another thread, so that no two ever allocate the same. They count as allocated here.
   * @throws ProgramError if this memory is not shared or the arena is exhausted
   */
  share(bytes: number): MemoryRange {
    if (!this.shared)
      throw new ProgramError("Memory.share", {
        expected: "a memory made with { shared: true }",
        found: "one of this thread alone",
        remedy: "Make it shared before operands are put into it.",
      });
    const address = this.room("u8", bytes);
    return { webAssembly: this.webAssembly, from: address, to: address + bytes };
  }

  get buffer(): ArrayBuffer {
    return this.webAssembly.buffer;
  }

  /** Bytes that can still be handed out. */
  get freeBytes(): number {
    return this.#to - this.#free;
  }

  /** `length` elements at a 64-byte boundary, zeroed. @throws ProgramError when the arena is exhausted. */
  allocate<T extends ViewType>(type: T, length: number): Allocation<T> {
    const address = this.room(type, length);
    const view = this.view(type, address, length);
    view.fill(0);
    return { view, address };
  }

  /**
   * The address of as much, holding anything: for what is written before it is read. It is not touched, so the system
   * gives its pages when they are first used (zeroing 1.2 MB of new memory takes 4 ms). Operands must not lie there: a
   * page that was never written reads as one page of zeros, which is in the cache whatever the size of the operand.
   *
   * @throws ProgramError when the arena is exhausted.
   */
  room(type: ViewType, length: number): number {
    const size = length * viewTypes[type].BYTES_PER_ELEMENT;
    if (!Number.isInteger(length) || length < 0 || size > this.freeBytes)
      throw new ProgramError("Memory.allocate", {
        expected: `a length of at most ${Math.floor(this.freeBytes / viewTypes[type].BYTES_PER_ELEMENT)} ${type}`,
        found: String(length),
        remedy: `Give the Memory more than its ${this.#to - this.#from} bytes, or release to a mark first.`,
      });
    const address = this.#free;
    this.#free = Math.min(this.#to, Math.ceil((address + size) / alignment) * alignment);
    return address;
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
    if (!Number.isInteger(mark) || mark < this.#from || mark > this.#free)
      throw new ProgramError("Memory.release", {
        expected: `a mark between ${this.#from} and ${this.#free}`,
        found: String(mark),
        remedy: "Release the marks of mark() in reverse order, each once.",
      });
    this.#free = mark;
  }
}

const isShared = (buffer: ArrayBufferLike): boolean => buffer instanceof SharedArrayBuffer;

/** A new memory with at least so many bytes to hand out. */
function reserve(bytes: number, shared: boolean): MemoryRange {
  if (!Number.isInteger(bytes) || bytes < 0 || bytes > 2 ** 32 - pageBytes)
    throw new ProgramError("Memory", {
      expected: "a size in bytes between 0 and 4294901760",
      found: String(bytes),
      remedy: "Pass the sum of the operands' bytes and 64 for each allocation.",
    });
  const pages = Math.ceil((bytes + firstFree) / pageBytes);
  try {
    const webAssembly = new WebAssembly.Memory({ initial: pages, maximum: pages, shared });
    return { webAssembly, from: firstFree, to: pages * pageBytes };
  } catch (cause) {
    const complaint: Complaint = {
      expected: `${pages * pageBytes} bytes of memory`,
      found: cause instanceof Error ? cause.message : String(cause),
      remedy: "Choose a smaller workload, or free memory.",
    };
    throw Object.assign(new ProgramError("Memory", complaint), { cause });
  }
}
