/**
 * Procedure of `gemm-search`: a search inside the cell, every trial of which is recorded like any measurement, then the
 * found plan beside the default in fresh rounds.
 */

import type {
  Bench,
  Candidate,
  Cell,
  Measurement,
  Procedure,
  Target,
  TrialOutcome,
  VariantRef,
} from "../experiment.ts";
import { variantText } from "../gemm/listing.ts";
import { gemmCandidates } from "./candidates.ts";
import { CostModel, usualCaches } from "./cost-model.ts";
import {
  claimedRounds,
  defaultVariant,
  evaluations,
  searchedShapes,
  searchedVariant,
  searchWorkloads,
} from "./gemm-search.experiment.ts";
import type { Measure } from "./measure.ts";
import { pointOfName } from "./point.ts";
import { search, type Trial } from "./search.ts";
import { type Space, spaceOf } from "./space.ts";
import { strategyCalled } from "./strategies/index.ts";
import { tuneTargetOn } from "./targets.ts";

export const procedure: Procedure = {
  run,
  // Which plan a search finds is not known before; the default is where it starts.
  code: ({ variant, target }) =>
    variantText({ target, variant: variant === searchedVariant ? defaultVariant : variant }),
};

/** Plans measured side by side: five batches of twelve, so that the model is fitted four times. */
const batch = 12;
/** Rounds of a trial. Enough to rank; what decides is measured again. */
const trialRounds = {
  leastRounds: 7,
  mostRounds: 15,
  seconds: 0.4,
  mostWarmUp: 0.07,
  ceiling: false,
} as const;

async function run(cell: Cell, bench: Bench): Promise<void> {
  const shape = searchedShapes[searchWorkloads.indexOf(cell.workload)];
  if (!shape) throw new RangeError(`no search at ${cell.workload}`);
  for (const target of new Set(bench.variants.map((ref) => ref.target))) {
    const row = tuneTargetOn(target);
    if (!row) throw new RangeError(`no search on ${target}`);
    await searchAndCompare(spaceOf(row, "f32", shape), bench);
  }
}

async function searchAndCompare(space: Space, bench: Bench): Promise<void> {
  const { shape, target: row } = space;
  const found = await searched(space, bench);
  const [first, second] = gemmCandidates(shape, "f32", refs(row.target, [defaultVariant, found]), bench);
  if (!first || !second) return;
  const again: Candidate = { ...second, variant: searchedVariant };
  await bench.compare([first, again], { leastRounds: claimedRounds, seconds: 2 });
}

/** The id of the plan that the search believes in most; the default where none was faster. */
async function searched(space: Space, bench: Bench): Promise<string> {
  let best: Trial | undefined;
  const events = search({
    space,
    strategy: strategyCalled("evolution"),
    seed: bench.settings.seed,
    caches: usualCaches,
    budget: { seconds: Number.POSITIVE_INFINITY, trials: evaluations, batch, reserve: () => 0 },
    measure: measureInside(space, bench),
  });
  for await (const event of events) {
    // The last stages of a search are this experiment's own last comparison.
    if (event.type === "asked" && event.stage !== "trials") break;
    if (event.type === "tried") best = event.best;
  }
  return best?.outcome.state === "measured" && best.outcome.speedUp.value > 1 ? best.id : defaultVariant;
}

/** Measures within this process: what is tried here is recorded as part of the cell. */
function measureInside(space: Space, bench: Bench): Measure {
  const { shape, element, target } = space;
  const unfitted = new CostModel(space, usualCaches);
  return async ({ plans }) => {
    const all = refs(target.target, [space.defaultVariant, ...plans]);
    const measured = await bench.compare(gemmCandidates(shape, element, all, bench), trialRounds);
    for (const ref of all) {
      const plan = pointOfName(ref.variant);
      // Of the model as it begins, which depends on nothing but the plan: exact at every re-run.
      if (plan) bench.exact(ref, "expected-speed-up", Math.exp(-unfitted.predict(plan)));
    }
    return new Map(plans.map((id) => [id, outcomeOf(id, measured)]));
  };
}

function refs(target: Target, variants: readonly string[]): VariantRef[] {
  return variants.map((variant) => ({ variant, target }));
}

function outcomeOf(id: string, measured: readonly Measurement[]): TrialOutcome {
  const of = (metric: string): Measurement | undefined =>
    measured.find((m) => m.variant === id && m.metric === metric);
  const [seconds, speedUp] = [of("time"), of("speed-up")];
  if (!seconds || !speedUp) return { state: "error", message: "it was not measured" };
  return { state: "measured", seconds, speedUp, rounds: speedUp.n };
}
