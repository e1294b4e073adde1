/**
 * A repository's claim (patrickwaters1000/DistillingNeuralNets): a teacher's rich labels in place of one-hot ones cut the
 * errors of a small classifier of a few classes by about a tenth. Three digits that look alike, and few examples.
 */
import type { Evidence } from "../../experiment.ts";
import { figureAbove, leastSeeds, provided, teacherIsBetter, teacherRule } from "./rules.ts";
import { baselines, type StudySpec } from "./study.ts";
import { studyRow } from "./study-row.ts";

const share = 0.1;
export const fewHardVariant = "plain-few";
export const richVariant = "rich-labels";

export const richLabelsSpec: StudySpec = {
  data: { set: "three digits" },
  teacher: { kind: "cnn", filters: [8, 16, 32] },
  student: { kind: "cnn", filters: [4, 8] },
  entries: [
    ...baselines,
    { variant: fewHardVariant, method: "plain", share },
    // In place of the labels: those have no weight.
    { variant: richVariant, method: "kd", params: { alpha: 0, T: 4 }, share },
  ],
  sizes: {
    quick: { seeds: 2, examples: 600, held: 1000, epochs: 10, seconds: 6 },
    standard: { seeds: 10, examples: 2000, held: 4000, epochs: 15, seconds: 150 },
    full: { seeds: 30, examples: 4000, held: 10_000, epochs: 15, seconds: 900 },
  },
};

export const richLabelsStudy = studyRow(richLabelsSpec, {
  id: "rich-labels",
  title: { en: "Rich labels in place of one-hot ones", zh: "以丰富标签代替独热标签" },
  question:
    "By how much do a teacher's answers in place of labels cut the errors of a small classifier that has few examples?",
  topics: ["soft-targets"],
  claims: [
    {
      claim: "repo-ten-percent-fewer-errors",
      rule:
        `Share of the errors of ${fewHardVariant} that ${richVariant} saves, same start and same batches, seed by seed, over at least ${leastSeeds} seeds: ` +
        `confirmed if the 95 % interval of the mean lies above 0, refuted if below; the README's figure is 0.1.${teacherRule}`,
      judge: (evidence: Evidence) =>
        provided(
          [teacherIsBetter(evidence, richLabelsSpec, fewHardVariant)],
          [figureAbove(evidence, { variant: richVariant, metric: "errors-saved" }, 0)],
        ),
    },
  ],
});
