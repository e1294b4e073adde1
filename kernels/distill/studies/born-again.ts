/** Procedure of `born-again`. */
import { bornAgainSpec, generationVariant, togetherVariant } from "./born-again.experiment.ts";
import { recordChange, studyProcedure } from "./run-study.ts";

export const procedure = studyProcedure(bornAgainSpec, {
  derive: (found, bench) =>
    recordChange(found, bench, { variant: togetherVariant, against: generationVariant(3) }),
});
