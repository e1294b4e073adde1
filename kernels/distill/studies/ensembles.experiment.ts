/** Ensembles and what of them fits into one network (Hinton et al. 2015; Wang & Yoon 2020 on several teachers). */
import {
  changeRule,
  differenceBelow,
  figureAbove,
  leastSeeds,
  provided,
  teacherIsBetter,
  teacherRule,
} from "./rules.ts";
import { baselines, kdVariant, plainVariant, type StudySpec } from "./study.ts";
import { studyRow } from "./study-row.ts";

export const ensembleVariant = "ensemble-of-10";
export const distilledVariant = "distilled-ensemble";
export const teachersVariant = "five-teachers";

export const ensemblesSpec: StudySpec = {
  data: { set: "digits" },
  teacher: { kind: "cnn", filters: [4, 8, 16] },
  student: { kind: "mlp", hidden: [32] },
  entries: [
    ...baselines,
    { variant: ensembleVariant, method: "ensemble" },
    { variant: distilledVariant, method: "ensemble-kd" },
    { variant: teachersVariant, method: "several-teachers" },
  ],
  sizes: {
    quick: { seeds: 2, examples: 500, held: 1000, epochs: 12, seconds: 8 },
    standard: { seeds: 10, examples: 2000, held: 4000, epochs: 25, seconds: 200 },
    full: { seeds: 30, examples: 5000, held: 10_000, epochs: 25, seconds: 1500 },
  },
};

export const ensemblesStudy = studyRow(ensemblesSpec, {
  id: "ensembles",
  title: { en: "Ensembles, and one network in their place", zh: "集成及其蒸馏" },
  question:
    "How much of an ensemble's gain does one network keep that learns from it, and do several teachers teach better than one?",
  topics: ["ensemble-kd", "self-kd"],
  claims: [
    {
      claim: "ensemble-gain-fits-one-model",
      rule:
        `Share of the gap in test error between plain and ${ensembleVariant} that ${distilledVariant} closes: the mean change of the distilled network over ` +
        `that of the ensemble, seed by seed, over at least ${leastSeeds} seeds; confirmed if the 95 % interval of the mean lies above 0.5, refuted ` +
        "if below. Open unless the ensemble is surely better than plain.",
      judge: (evidence) => {
        const gain = differenceBelow(evidence, { variant: ensembleVariant, against: plainVariant });
        const kept = figureAbove(evidence, { variant: distilledVariant, metric: "gap-closed" }, 0.5);
        return provided([gain], [kept]);
      },
    },
    {
      claim: "several-teachers-beat-one",
      rule: changeRule(teachersVariant, kdVariant) + teacherRule,
      judge: (evidence) =>
        provided(
          [teacherIsBetter(evidence, ensemblesSpec)],
          [differenceBelow(evidence, { variant: teachersVariant, against: kdVariant })],
        ),
    },
  ],
});
