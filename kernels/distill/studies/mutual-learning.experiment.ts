/**
 * Deep mutual learning (Zhang et al. 2017): does a peer that knows nothing yet help, does it help more than a teacher that
 * knows it all, and are the minima flatter?
 */
import { allHold } from "../../judge.ts";
import { changeRule, differenceBelow, leastSeeds, provided, teacherIsBetter, teacherRule } from "./rules.ts";
import { baselines, kdVariant, plainVariant, type StudySpec } from "./study.ts";
import { studyRow } from "./study-row.ts";

export const pairVariant = "mutual-pair";
export const largePeerVariant = "mutual-large-peer";

/** Standard deviations of the noise on weights, as parts of the root mean square of each parameter tensor. */
export const noiseLevels = {
  "loss-rise-small": 0.05,
  "loss-rise-medium": 0.1,
  "loss-rise-large": 0.2,
} as const;
export type NoiseMetric = keyof typeof noiseLevels;
export const noiseMetrics = Object.keys(noiseLevels) as readonly NoiseMetric[];

export const mutualSpec: StudySpec = {
  data: { set: "digits" },
  teacher: { kind: "cnn", filters: [8, 16, 32] },
  student: { kind: "mlp", hidden: [16] },
  entries: [
    ...baselines,
    { variant: pairVariant, method: "mutual" },
    { variant: "mutual-four", method: "mutual", params: { peers: 3 } },
    { variant: largePeerVariant, method: "mutual", params: { peer: "teacher" } },
  ],
  sizes: {
    quick: { seeds: 2, examples: 500, held: 500, epochs: 12, seconds: 6 },
    standard: { seeds: 10, examples: 2000, held: 4000, epochs: 40, seconds: 150 },
    full: { seeds: 30, examples: 5000, held: 10_000, epochs: 40, seconds: 1200 },
  },
};

export const mutualStudy = studyRow(mutualSpec, {
  id: "mutual-learning",
  title: { en: "Deep mutual learning", zh: "深度互学习" },
  question:
    "Do untrained networks that imitate one another end better than one that learns alone, than one that a trained teacher " +
    "teaches, and in flatter minima?",
  topics: ["mutual-learning", "online-kd"],
  claims: [
    {
      claim: "mutual-beats-independent",
      rule: changeRule(pairVariant, plainVariant),
      judge: (evidence) =>
        allHold([differenceBelow(evidence, { variant: pairVariant, against: plainVariant })]),
    },
    {
      claim: "mutual-beats-static-teacher",
      rule: changeRule(largePeerVariant, kdVariant) + teacherRule,
      judge: (evidence) =>
        provided(
          [teacherIsBetter(evidence, mutualSpec)],
          [differenceBelow(evidence, { variant: largePeerVariant, against: kdVariant })],
        ),
    },
    {
      claim: "mutual-finds-flatter-minima",
      rule:
        "Rise of the training loss when normal noise of 5, 10 and 20 % of each parameter tensor's root mean square is added to " +
        `the weights (mean of 8 draws), ${pairVariant} less ${plainVariant} of the same seed, over at least ${leastSeeds} seeds: confirmed if ` +
        "the 95 % interval of the mean difference lies below 0 at every level, refuted if it lies above 0 at any.",
      judge: (evidence) =>
        allHold(
          noiseMetrics.map((metric) =>
            differenceBelow(evidence, {
              variant: pairVariant,
              against: plainVariant,
              metric: `${metric}-change`,
            }),
          ),
        ),
    },
  ],
});
