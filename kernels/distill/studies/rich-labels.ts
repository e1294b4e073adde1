/** Procedure of `rich-labels`: the frame of all studies, and the share of errors that rich labels save. */
import { fewHardVariant, richLabelsSpec, richVariant } from "./rich-labels.experiment.ts";
import { studyProcedure } from "./run-study.ts";
import { studyRef } from "./study.ts";

export const procedure = studyProcedure(richLabelsSpec, {
  derive(found, bench) {
    const saved = found
      .pairs(richVariant, fewHardVariant, "test-error")
      .flatMap(([own, other]) => (other > 0 ? [1 - own / other] : []));
    if (saved.length > 0)
      bench.repeated(studyRef(richVariant), "errors-saved", saved, studyRef(fewHardVariant));
  },
});
