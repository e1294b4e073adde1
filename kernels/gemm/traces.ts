/**
 * What a GEMM variant does to memory, counted exactly from the addresses of the very loops that are timed: accesses,
 * and misses of a simulated cache. Apart from the procedures because several of them ask for it.
 */
import { Cache } from "../cache/cache.ts";
import { l1Geometry } from "../cache/geometry.ts";
import type { GemmShape } from "./arguments.ts";
import { traceGemm } from "./gemm.ts";
import type { KernelIsa } from "./machines.ts";

export interface MemoryCounts {
  readonly loads: number;
  readonly stores: number;
  /** Cache lines touched, one count an access and line. */
  readonly accesses: number;
  /** Misses of a 32 KiB, 8-way cache that starts empty. */
  readonly misses: number;
  /** Dirty lines that it evicted. */
  readonly writeBacks: number;
}

export interface TracedProduct extends GemmShape {
  /** Elements added to every row of A, B and C (default 0). */
  readonly padding?: number;
}

/** Matrices begin at page boundaries, as large allocations do. */
const pageBytes = 4096;

/** Counts C += A B on float32 operands that lie one after the other, as kernels of these vectors compute it. */
export function countMemory(
  variant: string,
  { m, n, k, padding = 0 }: TracedProduct,
  isa: KernelIsa = "wasm",
): MemoryCounts {
  const cache = new Cache(l1Geometry);
  const [lda, ldb, ldc] = [k + padding, n + padding, n + padding];
  const pages = (elements: number): number => Math.ceil((4 * elements) / pageBytes) * pageBytes;
  const a = pageBytes;
  const b = a + pages(m * lda);
  const c = b + pages(k * ldb);
  let stores = 0;
  let loads = 0;
  traceGemm(
    variant,
    { m, n, k, a, b, c, lda, ldb, ldc, beta: 1 },
    (address, bytes, isStore): void => {
      if (isStore) stores++;
      else loads++;
      cache.access(address, bytes, isStore);
    },
    { isa },
  );
  return { loads, stores, accesses: cache.accesses, misses: cache.misses, writeBacks: cache.writeBacks };
}
