import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Cache } from "./cache.ts";
import { type CacheGeometry, capacityBytes, describeGeometry, l1Geometry } from "./geometry.ts";

/** The definition, written for clarity: a list per set, most recent first. */
class ReferenceCache {
  readonly geometry: CacheGeometry;
  readonly sets = new Map<number, { line: number; dirty: boolean }[]>();
  misses = 0;
  writeBacks = 0;
  constructor(geometry: CacheGeometry) {
    this.geometry = geometry;
  }
  access(address: number, bytes: number, write: boolean): void {
    const { lineBytes, ways, sets } = this.geometry;
    for (
      let line = Math.floor(address / lineBytes);
      line <= Math.floor((address + bytes - 1) / lineBytes);
      line++
    ) {
      const set = this.sets.get(line % sets) ?? [];
      const found = set.find((entry) => entry.line === line);
      const rest = set.filter((entry) => entry !== found);
      if (!found) this.misses++;
      if (!found && rest.length === ways && rest.pop()?.dirty) this.writeBacks++;
      this.sets.set(line % sets, [{ line, dirty: write || (found?.dirty ?? false) }, ...rest]);
    }
  }
}

const geometries = fc.record({
  lineBytes: fc.constantFrom(4, 16, 64),
  ways: fc.integer({ min: 1, max: 6 }),
  sets: fc.constantFrom(1, 2, 8),
});
const accesses = fc.array(fc.tuple(fc.nat({ max: 1500 }), fc.constantFrom(1, 4, 16), fc.boolean()), {
  maxLength: 400,
});

describe("Cache", () => {
  it("agrees with the definition on any sequence of reads and writes", () => {
    fc.assert(
      fc.property(geometries, accesses, (geometry, sequence) => {
        const cache = new Cache(geometry);
        const reference = new ReferenceCache(geometry);
        for (const [address, bytes, write] of sequence) {
          cache.access(address, bytes, write);
          reference.access(address, bytes, write);
        }
        expect([cache.misses, cache.writeBacks]).toEqual([reference.misses, reference.writeBacks]);
      }),
    );
  });

  it("passes to the next level exactly its misses and its dirty evictions", () => {
    fc.assert(
      fc.property(accesses, (sequence) => {
        const second = new Cache({ lineBytes: 16, ways: 4, sets: 8 });
        const first = new Cache({ lineBytes: 16, ways: 2, sets: 2 }, second);
        for (const [address, bytes, write] of sequence) first.access(address, bytes, write);
        expect(second.accesses).toBe(first.misses + first.writeBacks);
        expect(second.misses).toBeLessThanOrEqual(first.misses);
      }),
    );
  });

  it("misses once a line when it streams", () => {
    const cache = new Cache(l1Geometry);
    for (let i = 0; i < 100_000; i++) cache.access(4 * i, 4, false);
    expect(cache.misses).toBe(Math.ceil((4 * 100_000) / 64));
    expect(cache.accesses).toBe(100_000);
  });

  it("keeps a working set of its own size, and none of a cycle one line longer in a set", () => {
    const cache = new Cache({ lineBytes: 64, ways: 4, sets: 1 });
    for (let round = 0; round < 10; round++)
      for (let line = 0; line < 4; line++) cache.access(64 * line, 4, false);
    expect(cache.misses).toBe(4);
    cache.reset();
    for (let round = 0; round < 10; round++)
      for (let line = 0; line < 5; line++) cache.access(64 * line, 4, false);
    expect(cache.misses).toBe(50);
  });

  it("thrashes on a column whose stride is a power of two, and not on a padded one", () => {
    const column = (strideBytes: number): number => {
      const cache = new Cache(l1Geometry);
      for (let round = 0; round < 4; round++) {
        for (let row = 0; row < 64; row++) cache.access(row * strideBytes, 4, false);
      }
      return cache.misses;
    };
    expect(column(4096)).toBe(4 * 64);
    expect(column(4096 + 64)).toBe(64);
  });

  it("counts both lines of an access that straddles them", () => {
    const cache = new Cache(l1Geometry);
    cache.access(60, 16, false);
    expect([cache.accesses, cache.misses]).toEqual([2, 2]);
  });

  it("forgets everything on reset, levels below included", () => {
    const second = new Cache(l1Geometry);
    const first = new Cache({ lineBytes: 64, ways: 1, sets: 1 }, second);
    first.access(0, 4, true);
    first.access(64, 4, true);
    first.reset();
    expect([first.accesses, first.misses, first.writeBacks, second.accesses, second.misses]).toEqual([
      0, 0, 0, 0, 0,
    ]);
    first.access(0, 4, false);
    expect([first.misses, first.writeBacks, second.misses]).toEqual([1, 0, 1]);
  });

  it("says which parameter is no power of two", () => {
    expect(() => new Cache({ lineBytes: 48, ways: 8, sets: 64 })).toThrow(/lineBytes.*48/);
    expect(() => new Cache({ lineBytes: 64, ways: 8, sets: 63 })).toThrow(/sets.*63/);
    expect(() => new Cache({ lineBytes: 64, ways: 0, sets: 64 })).toThrow(/ways.*0/);
    expect(() => new Cache(l1Geometry, new Cache({ ...l1Geometry, lineBytes: 128 }))).toThrow(/line size/);
  });

  it("describes its geometry as data sheets do", () => {
    expect(capacityBytes(l1Geometry)).toBe(32 * 1024);
    expect(describeGeometry(l1Geometry)).toBe("32 KiB, 8-way, 64 B lines");
  });
});
