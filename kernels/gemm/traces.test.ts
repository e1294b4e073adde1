import { describe, expect, it } from "vitest";
import { countMemory } from "./traces.ts";

describe("countMemory", () => {
  it("counts two loads a multiply-add and one load and store of C for the plain loop", () => {
    const { loads, stores } = countMemory("naive-ijk", { m: 5, n: 7, k: 11 });
    expect([loads, stores]).toEqual([2 * 5 * 7 * 11 + 5 * 7, 5 * 7]);
  });

  it("counts four accesses a multiply-add where C stays in memory", () => {
    const { loads, stores } = countMemory("memory-1x1", { m: 5, n: 7, k: 11 });
    expect([loads, stores]).toEqual([3 * 5 * 7 * 11, 5 * 7 * 11]);
  });

  it("misses each line of A, B and C once while everything fits", () => {
    const { misses } = countMemory("loop-ikj", { m: 32, n: 32, k: 32 });
    expect(misses).toBe((3 * 32 * 32 * 4) / 64);
  });

  it("misses on nearly every element of B when a column's lines fall into few sets", () => {
    const { misses } = countMemory("naive-ijk", { m: 4, n: 256, k: 256 });
    expect(misses).toBeGreaterThan(4 * 256 * 256);
  });

  it("rereads half of B and C when the block doubles, once a panel of C no longer fits", () => {
    const product = { m: 32, n: 576, k: 64, padding: 16 };
    const ratio = countMemory("blocked-16", product).misses / countMemory("blocked-32", product).misses;
    expect(ratio).toBeGreaterThan(1.5);
    expect(ratio).toBeLessThan(2.2);
  });
});
