/** Procedure of `gemm-ladder`: every rung on one product, each also as a paired ratio over the rung below. */
import type { Bench, Cell, Procedure } from "../experiment.ts";
import { compareStreams } from "../measure/streams.ts";
import { productCandidates } from "./contest.ts";
import { equivalentSide, shapeOf } from "./cubes.ts";
import { leastRoundsAt } from "./gemm-ladder.experiment.ts";
import { variantText } from "./listing.ts";
import { overPeers, ownVariants } from "./peer-plan.ts";

export const procedure: Procedure = { run, code: variantText };

async function run(cell: Cell, bench: Bench): Promise<void> {
  const shape = shapeOf(cell.workload);
  const refs = bench.variants;
  const candidates = productCandidates(shape, refs, bench);
  // The ratio over the first rung is recorded for all; these are the steps between the others.
  const own = ownVariants(refs);
  const steps = own.slice(2).map((ref, i) => [ref, own[i + 1] ?? ref] as const);
  await bench.compare(candidates, {
    pairs: [...steps, ...overPeers(refs)],
    leastRounds: leastRoundsAt(equivalentSide(shape), bench.settings.profile),
  });
  await compareStreams(bench);
}
