/** Every study with the way to its code: what the registry of experiments takes over, and what tests go through. */
import type { Experiment, ExperimentRow, Procedure } from "../../experiment.ts";
import { bornAgainStudy } from "./born-again.experiment.ts";
import { codistillationStudy } from "./codistillation.experiment.ts";
import { distillationLossesStudy } from "./distillation-losses.experiment.ts";
import { ensemblesStudy } from "./ensembles.experiment.ts";
import { fewExamplesStudy } from "./few-examples.experiment.ts";
import { hintTrainingStudy } from "./hint-training.experiment.ts";
import { kdSettingsStudy } from "./kd-settings.experiment.ts";
import { multiViewStudy } from "./multi-view.experiment.ts";
import { mutualStudy } from "./mutual-learning.experiment.ts";
import { richLabelsStudy } from "./rich-labels.experiment.ts";
import { similarClasses } from "./similar-classes.experiment.ts";
import { softTargets } from "./soft-targets.experiment.ts";
import { softenedGradients } from "./softened-gradients.experiment.ts";
import { teacherAssistantStudy } from "./teacher-assistant.experiment.ts";
import { unseenClassStudy } from "./unseen-class.experiment.ts";

const study = (row: ExperimentRow, file: () => Promise<{ readonly procedure: Procedure }>): Experiment => ({
  ...row,
  load: async () => (await file()).procedure,
});

export const studies: readonly Experiment[] = [
  study(softTargets, () => import("./soft-targets.ts")),
  study(similarClasses, () => import("./similar-classes.ts")),
  study(softenedGradients, () => import("./softened-gradients.ts")),
  study(teacherAssistantStudy, () => import("./teacher-assistant.ts")),
  study(mutualStudy, () => import("./mutual-learning.ts")),
  study(bornAgainStudy, () => import("./born-again.ts")),
  study(ensemblesStudy, () => import("./ensembles.ts")),
  study(fewExamplesStudy, () => import("./few-examples.ts")),
  study(kdSettingsStudy, () => import("./kd-settings.ts")),
  study(richLabelsStudy, () => import("./rich-labels.ts")),
  study(unseenClassStudy, () => import("./unseen-class.ts")),
  study(codistillationStudy, () => import("./codistillation.ts")),
  study(distillationLossesStudy, () => import("./distillation-losses.ts")),
  study(hintTrainingStudy, () => import("./hint-training.ts")),
  study(multiViewStudy, () => import("./multi-view.ts")),
];
