/** Procedure of `kd-settings`: the frame of all studies, and differences from the temperatures and weights that rules name. */
import {
  hardWeights,
  kdSettingsSpec,
  largeVariant,
  smallVariant,
  temperatures,
  weightVariant,
} from "./kd-settings.experiment.ts";
import { recordChange, studyProcedure } from "./run-study.ts";

export const procedure = studyProcedure(kdSettingsSpec, {
  derive(found, bench) {
    for (const T of temperatures) {
      if (T !== 32) recordChange(found, bench, { variant: smallVariant(T), against: smallVariant(32) });
      if (T !== 8) recordChange(found, bench, { variant: largeVariant(T), against: largeVariant(8) });
    }
    for (const against of [0.5, 1])
      for (const weight of hardWeights)
        if (weight !== against)
          recordChange(found, bench, { variant: weightVariant(weight), against: weightVariant(against) });
  },
});
