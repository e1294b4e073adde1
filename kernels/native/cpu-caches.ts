/**
 * The caches of a core from CPUID: leaf 4 (Intel), leaf 0x8000001D in the same layout (AMD), and where a hypervisor
 * hides the latter, AMD's older leaves 0x80000005 and 0x80000006.
 * Reference: Intel SDM volume 2A, CPUID leaf 4; AMD APM volume 3, E.4.4, E.4.5, E.4.15.
 */
import { bit, bits, type CpuidDump, type Registers } from "./cpuid.ts";

export interface CpuCache {
  /** `L1d`, `L1i`, `L2`, `L3`. */
  readonly level: string;
  readonly bytes: number;
  /** Ways; 0 where it is fully associative. */
  readonly ways: number;
  readonly lineBytes: number;
  /** Hardware threads that share it, at the most: CPUID tells how many have room in the numbering. 0: not told. */
  readonly sharedBy: number;
}

export interface CpuCaches {
  readonly caches: readonly CpuCache[];
  /** Whether the list ends with the last level; the older leaves leave the third level out. */
  readonly complete: boolean;
}

/** The caches of the core that was asked, the nearest first. */
export function cpuCaches(dump: CpuidDump): CpuCaches {
  for (const leaf of [0x4, 0x8000_001d]) {
    const caches = deterministic(dump, leaf);
    if (caches.length > 0) return { caches, complete: true };
  }
  return { caches: olderLeaves(dump), complete: false };
}

const kinds: Readonly<Record<number, string>> = { 1: "d", 2: "i", 3: "" };

/** Subleaves until one is of type 0; each with its own geometry. */
function deterministic(dump: CpuidDump, leaf: number): readonly CpuCache[] {
  const caches: CpuCache[] = [];
  for (let subleaf = 0; ; subleaf++) {
    const { eax, ebx, ecx } = dump.leaf(leaf, subleaf);
    const kind = kinds[bits(eax, 4, 0)];
    if (kind === undefined) return caches;
    const lineBytes = bits(ebx, 11, 0) + 1;
    const partitions = bits(ebx, 21, 12) + 1;
    const ways = bits(ebx, 31, 22) + 1;
    const fullyAssociative = bit(eax, 9);
    caches.push({
      level: `L${bits(eax, 7, 5)}${kind}`,
      bytes: ways * partitions * lineBytes * (ecx + 1),
      ways: fullyAssociative ? 0 : ways,
      lineBytes,
      sharedBy: bits(eax, 25, 14) + 1,
    });
  }
}

/** AMD's four-bit code of the associativity of a second level; 9 says: ask leaf 0x8000001D. */
const waysByCode: Readonly<Record<number, number>> = {
  1: 1,
  2: 2,
  3: 3,
  4: 4,
  5: 6,
  6: 8,
  8: 16,
  10: 32,
  11: 48,
  12: 64,
  13: 96,
  14: 128,
};

function olderLeaves(dump: CpuidDump): readonly CpuCache[] {
  const first = dump.leaf(0x8000_0005);
  const second = dump.leaf(0x8000_0006).ecx;
  const caches = [firstLevel("L1d", first.ecx), firstLevel("L1i", first.edx)];
  const ways = waysByCode[bits(second, 15, 12)];
  if (ways !== undefined) {
    caches.push({
      ...unknown,
      level: "L2",
      bytes: bits(second, 31, 16) * 1024,
      ways,
      lineBytes: bits(second, 7, 0),
    });
  }
  return caches.filter(({ bytes }) => bytes > 0);
}

const unknown = { sharedBy: 0 };

function firstLevel(level: string, register: Registers["ecx"]): CpuCache {
  const ways = bits(register, 23, 16);
  return {
    ...unknown,
    level,
    bytes: bits(register, 31, 24) * 1024,
    ways: ways === 0xff ? 0 : ways,
    lineBytes: bits(register, 7, 0),
  };
}
