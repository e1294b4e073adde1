/** Procedure of `ensembles`: the frame of all studies, and the share of the ensemble's gain that one network keeps. */
import { distilledVariant, ensemblesSpec, ensembleVariant } from "./ensembles.experiment.ts";
import { recordGapClosed, studyProcedure } from "./run-study.ts";
import { plainVariant } from "./study.ts";

export const procedure = studyProcedure(ensemblesSpec, {
  derive: (found, bench) =>
    recordGapClosed(found, bench, { variant: distilledVariant, from: plainVariant, to: ensembleVariant }),
});
