/** Shapes of caches as data, and how a person writes them. Light: plans and rules name the cache they simulate. */

/** Shape of one cache level; `lineBytes` and `sets` must be powers of two. */
export interface CacheGeometry {
  readonly lineBytes: number;
  readonly ways: number;
  readonly sets: number;
}

/** First-level data cache of most x86-64 cores since 2008: 32 KiB, 8 ways, 64-byte lines. */
export const l1Geometry: CacheGeometry = { lineBytes: 64, ways: 8, sets: 64 };

/** Capacity in bytes. */
export function capacityBytes(geometry: CacheGeometry): number {
  return geometry.lineBytes * geometry.ways * geometry.sets;
}

/** How a person writes a geometry: `32 KiB, 8-way, 64 B lines`. */
export function describeGeometry(geometry: CacheGeometry): string {
  return `${capacityBytes(geometry) / 1024} KiB, ${geometry.ways}-way, ${geometry.lineBytes} B lines`;
}
