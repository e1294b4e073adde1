/**
 * Ensembles, distillation and self-distillation on the data of Allen-Zhu & Li 2020: each class has two features, of which
 * some examples lack one. Random features stand beside trained ones: there, the paper says, nothing can be distilled.
 */
import type { Evidence, Judgement } from "../../experiment.ts";
import { allHold } from "../../judge.ts";
import { changeRule, differenceBelow, figureAbove, leastSeeds, provided } from "./rules.ts";
import { baselines, plainVariant, type StudySpec } from "./study.ts";
import { studyRow } from "./study-row.ts";

export const ensembleVariant = "ensemble-of-10";
export const distilledVariant = "distilled-ensemble";
export const selfVariant = "self-distillation";
export const randomVariant = "random-features";
export const randomEnsembleVariant = "random-features-ensemble";
export const randomDistilledVariant = "random-features-distilled";

export const multiViewSpec: StudySpec = {
  data: { set: "multi-view" },
  teacher: { kind: "mlp", hidden: [256] },
  student: { kind: "mlp", hidden: [64] },
  others: { frozen: { kind: "mlp", hidden: [256], frozen: true } },
  entries: [
    ...baselines,
    { variant: ensembleVariant, method: "ensemble" },
    { variant: distilledVariant, method: "ensemble-kd" },
    { variant: selfVariant, method: "self-distillation" },
    { variant: randomVariant, method: "plain", student: "frozen" },
    { variant: randomEnsembleVariant, method: "ensemble", student: "frozen" },
    { variant: randomDistilledVariant, method: "ensemble-kd", student: "frozen" },
  ],
  sizes: {
    quick: { seeds: 2, examples: 500, held: 500, epochs: 6, seconds: 12 },
    standard: { seeds: 10, examples: 4000, held: 4000, epochs: 20, seconds: 600 },
    full: { seeds: 30, examples: 10_000, held: 10_000, epochs: 20, seconds: 4000 },
  },
};

export const multiViewStudy = studyRow(multiViewSpec, {
  id: "multi-view",
  title: { en: "Ensembles on data of several views", zh: "多视图数据上的集成" },
  question:
    "Where classes have two features and examples may lack one: do ensembles of starts help, can one network take over what they " +
    "gain, does learning from a twin help, and is it otherwise for random features?",
  topics: ["ensemble-kd", "self-kd"],
  claims: [
    {
      claim: "seed-ensembles-help",
      rule: changeRule(ensembleVariant, plainVariant),
      judge: (evidence) =>
        allHold([differenceBelow(evidence, { variant: ensembleVariant, against: plainVariant })]),
    },
    {
      claim: "random-features-do-not-distil",
      rule:
        "Share of the gap in test error between one network and an ensemble of 10 that one network closes which learns from the ensemble, " +
        `seed by seed, at least ${leastSeeds} seeds, by 95 % intervals of the mean: confirmed if above 0.5 for trained networks and below 0.2 for ` +
        "random features, refuted if below 0.5 for those or above 0.2 for these. Open unless both ensembles are surely better than one.",
      judge: judgeRandomFeatures,
    },
    {
      claim: "self-distillation-raises-accuracy",
      rule: changeRule(selfVariant, plainVariant),
      judge: (evidence) =>
        allHold([differenceBelow(evidence, { variant: selfVariant, against: plainVariant })]),
    },
  ],
});

function judgeRandomFeatures(evidence: Evidence): Judgement {
  const random = figureAbove(evidence, { variant: randomDistilledVariant, metric: "gap-closed" }, 0.2);
  const gains = [
    differenceBelow(evidence, { variant: ensembleVariant, against: plainVariant }),
    differenceBelow(evidence, { variant: randomEnsembleVariant, against: randomVariant }),
  ];
  return provided(gains, [
    figureAbove(evidence, { variant: distilledVariant, metric: "gap-closed" }, 0.5),
    {
      holds: random.holds === null ? null : !random.holds,
      text: random.text.replace("asked to be above", "asked to be below"),
    },
  ]);
}
