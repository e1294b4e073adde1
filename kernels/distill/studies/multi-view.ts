/** Procedure of `multi-view`: the frame of all studies, and the shares of the ensembles' gains that one network keeps. */
import {
  distilledVariant,
  ensembleVariant,
  multiViewSpec,
  randomDistilledVariant,
  randomEnsembleVariant,
  randomVariant,
} from "./multi-view.experiment.ts";
import { recordChange, recordGapClosed, studyProcedure } from "./run-study.ts";
import { plainVariant } from "./study.ts";

export const procedure = studyProcedure(multiViewSpec, {
  derive(found, bench) {
    recordChange(found, bench, { variant: randomEnsembleVariant, against: randomVariant });
    recordGapClosed(found, bench, { variant: distilledVariant, from: plainVariant, to: ensembleVariant });
    recordGapClosed(found, bench, {
      ...{ variant: randomDistilledVariant, from: randomVariant },
      to: randomEnsembleVariant,
    });
  },
});
