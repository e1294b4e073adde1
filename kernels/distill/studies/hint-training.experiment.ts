/** FitNets (Romero et al. 2014): does a deep thin student need the teacher's middle layer first? */
import { changeRule, differenceBelow, provided, teacherIsBetter, teacherRule } from "./rules.ts";
import { baselines, kdVariant, type StudySpec } from "./study.ts";
import { studyRow } from "./study-row.ts";

export const hintVariant = "hints-then-kd";

export const hintTrainingSpec: StudySpec = {
  data: { set: "digits" },
  // Two wide layers teach six thin ones: the first layer of the teacher is its middle, the third of the student likewise.
  teacher: { kind: "mlp", hidden: [256, 256] },
  student: { kind: "mlp", hidden: [16, 16, 16, 16, 16, 16] },
  entries: [...baselines, { variant: hintVariant, method: "hints", params: { hint: "0", guided: "2" } }],
  sizes: {
    quick: { seeds: 3, examples: 1000, held: 1000, epochs: 12, seconds: 6 },
    standard: { seeds: 10, examples: 2000, held: 4000, epochs: 40, seconds: 100 },
    full: { seeds: 30, examples: 5000, held: 10_000, epochs: 40, seconds: 800 },
  },
};

export const hintTrainingStudy = studyRow(hintTrainingSpec, {
  id: "hint-training",
  title: { en: "Hints for a deep thin student", zh: "面向深而窄学生的提示训练" },
  question:
    "At an equal number of steps, does a deep thin student end better if it first learns to give the teacher's middle layer?",
  topics: ["feature-kd"],
  claims: [
    {
      claim: "hints-train-deep-thin-students",
      rule: changeRule(hintVariant, kdVariant) + teacherRule,
      judge: (evidence) =>
        provided(
          [teacherIsBetter(evidence, hintTrainingSpec)],
          [differenceBelow(evidence, { variant: hintVariant, against: kdVariant })],
        ),
    },
  ],
});
