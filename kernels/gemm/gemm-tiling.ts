/** Procedure of `gemm-tiling`: cache levels, times with misses by size, and misses by block. */
import { chaseText, measureLevels } from "../cache/latency.ts";
import { levelsWorkload } from "../cache/levels.ts";
import type { Bench, Cell, Procedure, VariantRef } from "../experiment.ts";
import { productCandidates } from "./contest.ts";
import { cubeShape, sideOf } from "./cubes.ts";
import {
  blockedVariant,
  leastRoundsAt,
  plainVariants,
  sweepShape,
  sweepWorkload,
} from "./gemm-tiling.experiment.ts";
import { variantText } from "./listing.ts";
import { ownVariants } from "./peer-plan.ts";
import { countMemory, type TracedProduct } from "./traces.ts";
import { defaultBlock } from "./variants.ts";

export const procedure: Procedure = {
  run,
  code: async (ref) => (ref.variant.startsWith("chase-") ? chaseText(ref) : variantText(ref)),
};

/**
 * Rows of C that are traced at each size: the outermost loop does the same for every row, so misses per multiply-add
 * are those of the whole product but for the first touch of B. As many as a block is high, because a block reuses
 * what it fetched once for each of its rows.
 */
const tracedRows = defaultBlock;

async function run(cell: Cell, bench: Bench): Promise<void> {
  if (cell.workload === levelsWorkload) return measureLevels(cell, bench);
  if (cell.workload === sweepWorkload) return traceAll(bench, sweepShape);
  await timeSize(sideOf(cell.workload), bench);
}

async function timeSize(n: number, bench: Bench): Promise<void> {
  for (const ref of ownVariants(bench.variants)) {
    const shape = { m: Math.min(n, tracedRows), n, k: n };
    bench.progress(`tracing ${ref.variant}`, undefined, undefined, ref);
    bench.exact(ref, "misses-per-mac", countMemory(ref.variant, shape).misses / (shape.m * n * n));
  }
  const candidates = productCandidates(cubeShape(n), bench.variants, bench);
  const refOf = (variant: string): VariantRef | undefined =>
    bench.variants.find((r) => r.variant === variant);
  const blocked = refOf(blockedVariant);
  // The ratio over the first variant, the plain loop, is recorded for all.
  const reordered = refOf(plainVariants[1]);
  const pairs = blocked && reordered ? [[blocked, reordered] as const] : [];
  const leastRounds = leastRoundsAt(n, bench.settings.profile);
  await bench.compare(candidates, { pairs, leastRounds, seconds: secondsBeyondLeast });
}

/** Rounds beyond the least are made only while a cell is younger than this. */
const secondsBeyondLeast = 1;

function traceAll(bench: Bench, shape: TracedProduct): void {
  bench.variants.forEach((ref, done) => {
    bench.progress(`tracing ${ref.variant}`, done, bench.variants.length, ref);
    const counts = countMemory(ref.variant, shape);
    bench.exact(ref, "cache-accesses", counts.accesses);
    bench.exact(ref, "cache-misses", counts.misses);
  });
}
