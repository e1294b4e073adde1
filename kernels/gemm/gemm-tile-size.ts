/** Procedure of `gemm-tile-size`: cache levels, times by block and misses by block. */
import { chaseText, measureLevels } from "../cache/latency.ts";
import { levelsWorkload } from "../cache/levels.ts";
import type { Bench, Cell, Procedure } from "../experiment.ts";
import { fewestRounds } from "../judge.ts";
import { productCandidates } from "./contest.ts";
import { cubeShape, sideOf } from "./cubes.ts";
import { tracedSide, tracedWorkload } from "./gemm-tile-size.experiment.ts";
import { variantText } from "./listing.ts";
import { countMemory } from "./traces.ts";

export const procedure: Procedure = {
  run,
  code: async (ref) => (ref.variant.startsWith("chase-") ? chaseText(ref) : variantText(ref)),
};

async function run(cell: Cell, bench: Bench): Promise<void> {
  if (cell.workload === levelsWorkload) return measureLevels(cell, bench);
  if (cell.workload === tracedWorkload) return trace(bench);
  const candidates = productCandidates(cubeShape(sideOf(cell.workload)), bench.variants, bench);
  await bench.compare(candidates, { leastRounds: leastRounds[bench.settings.profile] });
}

/** The rule asks for no number of rounds, but for intervals. */
const leastRounds = { quick: fewestRounds, standard: fewestRounds, full: 15 } as const;

function trace(bench: Bench): void {
  bench.variants.forEach((ref, done) => {
    bench.progress(`tracing ${ref.variant}`, done, bench.variants.length, ref);
    const counts = countMemory(ref.variant, cubeShape(tracedSide));
    bench.exact(ref, "cache-accesses", counts.accesses);
    bench.exact(ref, "cache-misses", counts.misses);
  });
}
