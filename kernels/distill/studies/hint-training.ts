/** Procedure of `hint-training`. */
import { hintTrainingSpec } from "./hint-training.experiment.ts";
import { studyProcedure } from "./run-study.ts";

export const procedure = studyProcedure(hintTrainingSpec);
