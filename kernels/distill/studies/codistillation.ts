/** Procedure of `codistillation`: the frame of all studies, and changes of loss, churn and steps. */
import type { Bench } from "../../experiment.ts";
import {
  churnVariant,
  codistillationSpec,
  doubleBatchVariant,
  freshVariant,
  halvesVariant,
  plainChurnVariant,
  staleVariant,
} from "./codistillation.experiment.ts";
import { recordChange, type StudyResults, studyProcedure } from "./run-study.ts";
import { plainVariant, studyRef } from "./study.ts";

export const procedure = studyProcedure(codistillationSpec, {
  derive(found, bench) {
    const loss = { metric: "test-loss", change: "test-loss-change" };
    recordChange(found, bench, { variant: freshVariant, against: plainVariant, ...loss });
    for (const steps of [10, 50, 200])
      recordChange(found, bench, { variant: staleVariant(steps), against: freshVariant, ...loss });
    recordChange(found, bench, {
      ...{ variant: churnVariant, against: plainChurnVariant },
      ...{ metric: "churn", change: "churn-change" },
    });
    recordStepsSaved(found, bench);
  },
});

function recordStepsSaved(found: StudyResults, bench: Bench): void {
  const targets = new Map(
    found.trainings(doubleBatchVariant).map(({ seed, figures }) => [seed, figures["test-loss"] as number]),
  );
  const saved = found.trainings(halvesVariant).flatMap(({ seed, curves }) => {
    const target = targets.get(seed);
    return target === undefined ? [] : [stepsSaved(curves["test-loss"] ?? [], target)];
  });
  if (saved.length > 0)
    bench.repeated(studyRef(halvesVariant), "steps-saved", saved, studyRef(doubleBatchVariant));
}

/** The share of a curve after the first point at or below the target; 0 where there is none. */
export function stepsSaved(curve: readonly number[], target: number): number {
  const at = curve.findIndex((loss) => loss <= target);
  return at < 0 ? 0 : 1 - (at + 1) / curve.length;
}
