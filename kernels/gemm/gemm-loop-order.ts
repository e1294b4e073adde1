/** Procedure of `gemm-loop-order`: times the orders, and traces each through the simulated cache. */
import type { Bench, Cell, Procedure } from "../experiment.ts";
import { productCandidates } from "./contest.ts";
import { cubeShape, sideOf } from "./cubes.ts";
import { tracedSide, tracedWorkload } from "./gemm-loop-order.experiment.ts";
import { variantText } from "./listing.ts";
import { countMemory } from "./traces.ts";

export const procedure: Procedure = { run, code: variantText };

async function run(cell: Cell, bench: Bench): Promise<void> {
  if (cell.workload === tracedWorkload) trace(bench);
  else
    await bench.compare(productCandidates(cubeShape(sideOf(cell.workload)), bench.variants, bench), {
      seconds: 1,
    });
}

function trace(bench: Bench): void {
  bench.variants.forEach((ref, done) => {
    bench.progress(`tracing ${ref.variant}`, done, bench.variants.length, ref);
    const counts = countMemory(ref.variant, cubeShape(tracedSide));
    bench.exact(ref, "cache-accesses", counts.accesses);
    bench.exact(ref, "cache-misses", counts.misses);
  });
}
