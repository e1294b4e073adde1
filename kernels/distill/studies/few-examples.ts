/** Procedure of `few-examples`: the frame of all studies, and the share of the gap that soft targets close. */
import { fewExamplesSpec, fewHardVariant, fewSoftVariant } from "./few-examples.experiment.ts";
import { recordGapClosed, studyProcedure } from "./run-study.ts";
import { plainVariant } from "./study.ts";

export const procedure = studyProcedure(fewExamplesSpec, {
  derive: (found, bench) =>
    recordGapClosed(found, bench, { variant: fewSoftVariant, from: fewHardVariant, to: plainVariant }),
});
