/**
 * A set-associative cache with least-recently-used replacement, write-allocate and write-back, simulated access by
 * access. It gives the same misses on every machine, where hardware counters are missing or differ. The mapping of
 * addresses to sets is the textbook's (Hennessy & Patterson, Computer Architecture, appendix B): line modulo sets.
 */

import type { CacheGeometry } from "./geometry.ts";

/** Marks a way that holds no line; shifted right it stays -1, which is no line's number. */
const EMPTY = -1;

/** One simulated level. Addresses are bytes below 2^31, as in a WebAssembly memory of at most 2 GiB. */
export class Cache {
  readonly geometry: CacheGeometry;
  /** The level that serves misses and takes evicted dirty lines; memory where undefined. */
  readonly next: Cache | undefined;
  /** Line accesses: one for each line that an access touches. */
  accesses = 0;
  misses = 0;
  /** Dirty lines evicted to the next level. */
  writeBacks = 0;
  readonly #lineShift: number;
  readonly #setMask: number;
  readonly #ways: number;
  /** Per set, most recently used first: line number times two, plus one where the line is dirty. */
  readonly #lines: Int32Array;

  /** Throws where line size or number of sets is no power of two, or levels differ in line size. */
  constructor(geometry: CacheGeometry, next?: Cache) {
    for (const [name, value] of Object.entries({ lineBytes: geometry.lineBytes, sets: geometry.sets })) {
      if (!Number.isInteger(Math.log2(value))) {
        throw new RangeError(`cache ${name} must be a power of two; found ${value}; choose the nearest one`);
      }
    }
    if (!(Number.isInteger(geometry.ways) && geometry.ways > 0)) {
      throw new RangeError(`cache ways must be a positive integer; found ${geometry.ways}`);
    }
    if (next && next.geometry.lineBytes !== geometry.lineBytes) {
      throw new RangeError(
        `cache levels must share a line size; found ${geometry.lineBytes} above ${next.geometry.lineBytes}`,
      );
    }
    this.geometry = geometry;
    this.next = next;
    this.#lineShift = Math.log2(geometry.lineBytes);
    this.#setMask = geometry.sets - 1;
    this.#ways = geometry.ways;
    this.#lines = new Int32Array(geometry.sets * geometry.ways).fill(EMPTY);
  }

  /** Touches `bytes` bytes from `address` on, line by line in ascending order. */
  access(address: number, bytes: number, write: boolean): void {
    const first = address >> this.#lineShift;
    const last = (address + bytes - 1) >> this.#lineShift;
    const dirty = write ? 1 : 0;
    this.#touch(first, dirty);
    for (let line = first + 1; line <= last; line++) this.#touch(line, dirty);
  }

  /** Empties the cache and its counters, and those of the levels below. */
  reset(): void {
    this.#lines.fill(EMPTY);
    this.accesses = this.misses = this.writeBacks = 0;
    this.next?.reset();
  }

  #touch(line: number, dirty: number): void {
    this.accesses++;
    const lines = this.#lines;
    const top = (line & this.#setMask) * this.#ways;
    const newest = lines[top] as number;
    if (newest >> 1 === line) {
      lines[top] = newest | dirty;
      return;
    }
    const end = top + this.#ways;
    let carried = newest;
    for (let way = top + 1; way < end; way++) {
      const entry = lines[way] as number;
      lines[way] = carried;
      if (entry >> 1 === line) {
        lines[top] = entry | dirty;
        return;
      }
      carried = entry;
    }
    lines[top] = (line << 1) | dirty;
    this.misses++;
    this.#miss(line, carried);
  }

  /** Writes an evicted dirty line back, then reads the missing one from the next level. */
  #miss(line: number, evicted: number): void {
    const dirty = evicted !== EMPTY && (evicted & 1) === 1;
    if (dirty) this.writeBacks++;
    if (!this.next) return;
    if (dirty) this.next.#touch(evicted >> 1, 1);
    this.next.#touch(line, 0);
  }
}
