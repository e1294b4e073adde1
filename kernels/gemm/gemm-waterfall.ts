/**
 * Procedure of `gemm-waterfall`: the traffic of each step through a simulated first level, then all steps in
 * interleaved rounds, then the bandwidth of each cache level and of memory, so that every roof is of the same run.
 */
import type { Bench, Cell, Procedure } from "../experiment.ts";
import { compareStreams } from "../measure/streams.ts";
import { productCandidates } from "./contest.ts";
import { shapeOf } from "./cubes.ts";
import { waterfallRounds } from "./gemm-waterfall.experiment.ts";
import { variantText } from "./listing.ts";
import { recordTraffic } from "./traffic.ts";
import { waterfallPairs } from "./waterfall-steps.ts";

export const procedure: Procedure = { run, code: variantText };

async function run(cell: Cell, bench: Bench): Promise<void> {
  const shape = shapeOf(cell.workload);
  recordTraffic(shape, bench);
  await bench.compare(productCandidates(shape, bench.variants, bench), {
    pairs: waterfallPairs(bench.variants),
    leastRounds: waterfallRounds[bench.settings.profile],
  });
  await compareStreams(bench);
}
