/**
 * Soft targets as a regulariser (Hinton et al. 2015, section 6): with 3 % of the examples labels alone are learnt by heart;
 * what a teacher says of the same few keeps the student near what it makes of all. As many steps for all.
 */
import { figureAbove, leastSeeds, provided, teacherIsBetter, teacherRule } from "./rules.ts";
import { baselines, type StudySpec } from "./study.ts";
import { studyRow } from "./study-row.ts";

/** What the paper leaves of its examples. */
export const share = 0.03;
export const fewHardVariant = "plain-3-percent";
export const fewSoftVariant = "kd-3-percent";

export const fewExamplesSpec: StudySpec = {
  data: { set: "digits" },
  teacher: { kind: "cnn", filters: [8, 16, 32] },
  student: { kind: "mlp", hidden: [32] },
  entries: [
    ...baselines,
    { variant: fewHardVariant, method: "plain", share },
    { variant: fewSoftVariant, method: "kd", share },
  ],
  sizes: {
    quick: { seeds: 2, examples: 1000, held: 1000, epochs: 12, seconds: 6 },
    standard: { seeds: 10, examples: 4000, held: 4000, epochs: 20, seconds: 150 },
    full: { seeds: 30, examples: 10_000, held: 10_000, epochs: 20, seconds: 1200 },
  },
};

export const fewExamplesStudy = studyRow(fewExamplesSpec, {
  id: "few-examples",
  title: { en: "Soft targets of few examples", zh: "少量样本的软目标" },
  question:
    "With 3 % of the examples, how much of what the student loses do a teacher's softened answers give back?",
  topics: ["soft-targets"],
  claims: [
    {
      claim: "soft-targets-survive-few-samples",
      rule:
        `Share of the gap in test error between ${fewHardVariant} and plain that ${fewSoftVariant} closes, seed by seed, over at least ${leastSeeds} ` +
        `seeds: confirmed if the 95 % interval of the mean lies above 0.5, refuted if below.${teacherRule}`,
      judge: (evidence) =>
        provided(
          [teacherIsBetter(evidence, fewExamplesSpec)],
          [figureAbove(evidence, { variant: fewSoftVariant, metric: "gap-closed" }, 0.5)],
        ),
    },
  ],
});
