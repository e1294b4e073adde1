/** Procedure of `gemm-ladder`: every rung on one product, each also as a paired ratio over the rung below. */
import type { Bench, Cell, Procedure } from "../experiment.ts";
import { streamPeak } from "../measure/peak.ts";
import { productCandidates } from "./contest.ts";
import { cubeShape, sideOf } from "./cubes.ts";
import { leastRoundsAt } from "./gemm-ladder.experiment.ts";
import { variantText } from "./listing.ts";

export const procedure: Procedure = { run, code: variantText };

/** A roof is a line in a chart, and no rule reads it: fifteen rounds of some milliseconds place it well enough. */
const ceilingRounds = 15;

async function run(cell: Cell, bench: Bench): Promise<void> {
  const n = sideOf(cell.workload);
  const refs = bench.variants;
  const candidates = productCandidates(cubeShape(n), refs, bench);
  // The ratio over the first rung is recorded for all; these are the steps between the others.
  const steps = refs.slice(2).map((ref, i) => [ref, refs[i + 1] ?? ref] as const);
  await bench.compare(candidates, {
    pairs: steps,
    leastRounds: leastRoundsAt(n, bench.settings.profile),
  });
  // The roofline's other ceiling. In rounds of its own, because it would empty the caches of whoever comes next.
  await bench.compare([streamPeak()], {
    ceiling: false,
    leastRounds: ceilingRounds,
    mostRounds: ceilingRounds,
  });
}
