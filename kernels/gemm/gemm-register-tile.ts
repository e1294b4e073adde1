/** Procedure of `gemm-register-tile`: counts accesses of each tile, and times the tiles. */
import type { Bench, Cell, Procedure } from "../experiment.ts";
import { productCandidates } from "./contest.ts";
import { cubeShape, sideOf } from "./cubes.ts";
import { accessFormulas, countedSide, countedWorkload } from "./gemm-register-tile.experiment.ts";
import { variantText } from "./listing.ts";
import { countMemory } from "./traces.ts";

export const procedure: Procedure = { run, code: variantText };

async function run(cell: Cell, bench: Bench): Promise<void> {
  if (cell.workload === countedWorkload) return count(bench);
  const candidates = productCandidates(cubeShape(sideOf(cell.workload)), bench.variants, bench);
  const refs = bench.variants;
  // The ratio over the first tile is recorded for all; these are the steps between the others.
  const pairs = refs.slice(2).map((ref, i) => [ref, refs[i + 1] ?? ref] as const);
  await bench.compare(candidates, { pairs });
}

function count(bench: Bench): void {
  for (const ref of bench.variants) {
    bench.progress(`counting ${ref.variant}`, undefined, undefined, ref);
    const counts = countMemory(ref.variant, cubeShape(countedSide));
    const formula = accessFormulas[ref.variant];
    const agrees =
      formula?.loads(countedSide) === counts.loads && formula.stores(countedSide) === counts.stores;
    bench.exact(ref, "loads", counts.loads, agrees);
    bench.exact(ref, "stores", counts.stores, agrees);
  }
}
