/** A class that no example of the transfer set shows (Hinton et al. 2015, section 3): is it known from the teacher alone? */
import { figureAbove, leastSeeds, provided, teacherIsBetter, teacherRule } from "./rules.ts";
import { baselines, type StudySpec } from "./study.ts";
import { studyRow } from "./study-row.ts";

/** The digit that the paper leaves out. */
export const unseen = 3;
export const softVariant = "kd-t8";

export const unseenClassSpec: StudySpec = {
  data: { set: "digits" },
  teacher: { kind: "cnn", filters: [8, 16, 32] },
  student: { kind: "mlp", hidden: [32] },
  entries: [...baselines, { variant: softVariant, method: "kd", params: { T: 8 } }],
  sizes: {
    quick: { seeds: 3, examples: 1000, held: 1000, epochs: 12, seconds: 5 },
    standard: { seeds: 10, examples: 4000, held: 8000, epochs: 20, seconds: 100 },
    full: { seeds: 30, examples: 10_000, held: 10_000, epochs: 20, seconds: 700 },
  },
};

export const unseenClassStudy = studyRow(unseenClassSpec, {
  id: "unseen-class",
  title: { en: "A class that was never shown", zh: "从未见过的类别" },
  question:
    "Does a student recognise a digit that its examples never show, once the bias of that class is set right, because the " +
    "teacher's answers on other digits tell of it?",
  topics: ["soft-targets"],
  claims: [
    {
      claim: "unseen-class-transfers",
      rule:
        `Recall of the digit ${unseen}, of which the student of ${softVariant} saw none, after one bias was chosen on half of the held ` +
        `examples so that the error there is least, on the other half, over at least ${leastSeeds} seeds: confirmed if the 95 % interval of the mean ` +
        `lies above 0.8, refuted if below.${teacherRule}`,
      judge: (evidence) =>
        provided(
          [teacherIsBetter(evidence, unseenClassSpec)],
          [figureAbove(evidence, { variant: softVariant, metric: "unseen-recall" }, 0.8)],
        ),
    },
  ],
});
