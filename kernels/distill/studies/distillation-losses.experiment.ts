/**
 * Losses of the field side by side on one pair of convolutional networks, each weighted as its authors weigh it. What the
 * papers report, and what Tian et al. found when they ran the others' methods anew, stands beside.
 */
import { publishedLosses } from "./published.ts";
import { changeRule, differenceBelow, leastSeeds, provided, teacherIsBetter, teacherRule } from "./rules.ts";
import { baselines, type Entry, kdVariant, plainVariant, type StudySpec } from "./study.ts";
import { studyRow } from "./study-row.ts";

export const attentionVariant = "at";
export const relationsVariant = "rkd";

/** Variants by the loss of the registry that they train on, under the smallest profile that runs them. */
const compared = {
  quick: ["mse_logits", "dkd", "dist", "logit_std", "at"],
  standard: [
    ...["label_smoothing", "js", "fitnet", "sp", "vid", relationsVariant, "pkt", "ft", "nst"],
    ...["mlkd", "skd", "cc", "fsp", "pad", "ickd", "kta", "srd", "ab"],
  ],
  // A training takes 10 to 80 times as long as one on labels.
  full: ["crd", "reviewkd", "kdsvd"],
} as const;

const trained = (ids: readonly string[], from?: Entry["from"]): readonly Entry[] =>
  ids.map((id) => ({ variant: id, method: `loss-${id}`, ...(from && { from }) }));

export const distillationLossesSpec: StudySpec = {
  data: { set: "digits" },
  teacher: { kind: "cnn", filters: [16, 32] },
  student: { kind: "cnn", filters: [4, 8] },
  entries: [
    ...baselines,
    ...trained(compared.quick),
    ...trained(compared.standard, "standard"),
    ...trained(compared.full, "full"),
  ],
  sizes: {
    // Losses on teachers' logits alone are at chance for their first 100 steps: few methods, but 320 steps each.
    quick: { seeds: 2, examples: 1000, held: 500, epochs: 10, seconds: 12 },
    standard: { seeds: 10, examples: 2000, held: 4000, epochs: 15, seconds: 1100 },
    full: { seeds: 30, examples: 5000, held: 10_000, epochs: 20, seconds: 23_000 },
  },
};

export const distillationLossesStudy = studyRow(distillationLossesSpec, {
  id: "distillation-losses",
  title: { en: "Losses of distillation side by side", zh: "蒸馏损失的并列比较" },
  question:
    "Which losses make a small convolutional student better than labels alone do, and than Hinton's loss does?",
  published: publishedLosses,
  topics: ["feature-kd", "relation-kd", "kd-surveys"],
  claims: [
    {
      claim: "attention-maps-transfer",
      rule: changeRule(attentionVariant, plainVariant) + teacherRule,
      judge: (evidence) =>
        provided(
          [teacherIsBetter(evidence, distillationLossesSpec)],
          [differenceBelow(evidence, { variant: attentionVariant, against: plainVariant })],
        ),
    },
    {
      claim: "distances-and-angles-transfer",
      rule:
        `Share of held images whose nearest other one, by Euclidean distance of embeddings, is of another class (of 500 images): ` +
        `${relationsVariant} less ${kdVariant}, seed by seed, over at least ${leastSeeds} seeds: confirmed if the 95 % interval of the mean difference lies ` +
        `below 0, refuted if above.${teacherRule}`,
      judge: (evidence) =>
        provided(
          [teacherIsBetter(evidence, distillationLossesSpec)],
          [
            differenceBelow(evidence, {
              ...{ variant: relationsVariant, against: kdVariant },
              metric: "retrieval-error-change",
            }),
          ],
        ),
    },
  ],
});
