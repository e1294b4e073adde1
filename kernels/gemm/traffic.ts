/**
 * The bytes that each variant moves between a simulated first-level cache and what lies behind it, as operations for
 * each byte: the x of a point under a cache level's roof. Counted on some rows of C and extended to all of them,
 * because every panel of rows does the same.
 */
import { l1Geometry } from "../cache/geometry.ts";
import type { Bench } from "../experiment.ts";
import type { GemmShape } from "./arguments.ts";
import { countMemory } from "./traces.ts";
import { gemmWay } from "./way.ts";

/**
 * Rows of one part: a whole block of A (mc = 96) and of every smaller block (48). The first part alone pays for what
 * is done once (packing B); the difference to two parts is what every further one costs.
 */
const partRows = 96;

/** Bytes in from and out to the next level: misses and evicted dirty lines, a cache line each. */
export function firstLevelBytes(variant: string, shape: GemmShape): number {
  const bytes = (m: number): number => {
    const { misses, writeBacks } = countMemory(variant, { ...shape, m });
    return l1Geometry.lineBytes * (misses + writeBacks);
  };
  const { m } = shape;
  if (m <= 2 * partRows) return bytes(m);
  const [one, two] = [bytes(partRows), bytes(2 * partRows)];
  return one + ((m - partRows) / partRows) * (two - one);
}

/**
 * Records the intensity of every variant of the cell; arithmetic changes no address. Machine code is left out: its tiles
 * and blocks are others than those that are traced.
 */
export function recordTraffic(shape: GemmShape, bench: Bench): void {
  const known = new Map<string, number>();
  const flops = 2 * shape.m * shape.n * shape.k;
  const traced = bench.variants.filter(({ target }) => target !== "native");
  traced.forEach((ref, done) => {
    const { variant } = gemmWay(ref.variant);
    bench.progress(`tracing ${variant}`, done, traced.length, ref);
    const bytes = known.get(variant) ?? firstLevelBytes(variant, shape);
    known.set(variant, bytes);
    bench.exact(ref, "simulated-intensity", flops / bytes);
  });
}
