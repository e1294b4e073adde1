/**
 * Codistillation (Anil et al. 2018): in place of two stages, with peers that are seldom exchanged, on halves of the data,
 * and for predictions that change less from training to training.
 */
import type { Evidence, Judgement } from "../../experiment.ts";
import { allHold } from "../../judge.ts";
import { differenceBelow, figureAbove, leastSeeds, provided, teacherIsBetter, teacherRule } from "./rules.ts";
import { baselines, kdVariant, plainVariant, type StudySpec } from "./study.ts";
import { studyRow } from "./study-row.ts";

export const freshVariant = "codistillation";
export const staleVariant = (steps: number): string => `codistillation-every-${steps}`;
export const halvesVariant = "codistillation-halves";
export const doubleBatchVariant = "double-batch";
export const churnVariant = "codistillation-anew";
export const plainChurnVariant = "plain-anew";
const refreshes = [10, 50, 200];

/** Half a point of test error. */
const margin = 0.005;
/** Nats of test loss that count as almost nothing: about 2 % of what the student has. */
export const lossMargin = 0.01;

export const codistillationSpec: StudySpec = {
  data: { set: "digits" },
  teacher: { kind: "cnn", filters: [8, 16, 32] },
  student: { kind: "mlp", hidden: [16] },
  entries: [
    ...baselines,
    { variant: freshVariant, method: "codistillation" },
    ...refreshes.map((refresh) => ({
      variant: staleVariant(refresh),
      method: "codistillation",
      params: { refresh },
    })),
    // Batches of 32 on each half take as many steps as batches of 64 on all.
    { variant: halvesVariant, method: "codistillation", params: { disjoint: true } },
    { variant: doubleBatchVariant, method: "plain", params: { batch: 64 } },
    { variant: plainChurnVariant, method: "retraining", params: { of: "plain" } },
    { variant: churnVariant, method: "retraining", params: { of: "codistillation" } },
  ],
  sizes: {
    quick: { seeds: 2, examples: 500, held: 500, epochs: 8, seconds: 8 },
    standard: { seeds: 10, examples: 2000, held: 4000, epochs: 25, seconds: 250 },
    full: { seeds: 30, examples: 5000, held: 10_000, epochs: 25, seconds: 2000 },
  },
};

export const codistillationStudy = studyRow(codistillationSpec, {
  id: "codistillation",
  title: { en: "Codistillation", zh: "协同蒸馏" },
  question:
    "Can two networks that teach each other replace a teacher that is trained first, may what they exchange be old, do they need " +
    "fewer steps, and do their predictions change less from one training to the next?",
  topics: ["codistillation", "online-kd"],
  claims: [
    {
      claim: "online-matches-two-stage",
      rule:
        `Test error of ${freshVariant} less that of ${kdVariant}, same start and same batches, at least ${leastSeeds} seeds: confirmed if the 95 % interval of ` +
        `the mean difference lies below half a point, refuted if above.${teacherRule}`,
      judge: (evidence) =>
        provided(
          [teacherIsBetter(evidence, codistillationSpec)],
          [differenceBelow(evidence, { variant: freshVariant, against: kdVariant }, margin)],
        ),
    },
    {
      claim: "codistillation-needs-fewer-steps",
      rule:
        `Share of its steps that ${halvesVariant} does not need to come to the final test loss of ${doubleBatchVariant} (one network on all examples, ` +
        "twice the batch, as many steps), seed by seed, by the test loss after each epoch; 0 where it never comes there. At least " +
        `${leastSeeds} seeds: confirmed if the 95 % interval of the mean lies above 0.2, refuted if below.`,
      judge: (evidence) =>
        allHold([figureAbove(evidence, { variant: halvesVariant, metric: "steps-saved" }, 0.2)]),
    },
    {
      claim: "codistillation-reduces-churn",
      rule:
        "Mean absolute difference of probabilities on held examples between two trainings from other starts and orders, " +
        `codistilled less on labels alone, at least ${leastSeeds} seeds: confirmed if the 95 % interval of the mean difference lies below 0, ` +
        "refuted if above.",
      judge: (evidence) =>
        allHold([
          differenceBelow(evidence, {
            variant: churnVariant,
            against: plainChurnVariant,
            metric: "churn-change",
          }),
        ]),
    },
    {
      claim: "stale-teacher-is-good-enough",
      rule:
        `Test loss with an exchange every 50 steps less that with one at every step, at least ${leastSeeds} seeds: confirmed if the 95 % interval ` +
        `of the mean difference lies below ${lossMargin} nats, refuted if above. Open unless exchanges at every step are surely better than ` +
        "labels alone, in test loss: else there is nothing to lose.",
      judge: judgeStale,
    },
  ],
});

function judgeStale(evidence: Evidence): Judgement {
  const metric = "test-loss-change";
  const gain = differenceBelow(evidence, { variant: freshVariant, against: plainVariant, metric });
  const lost = differenceBelow(
    evidence,
    { variant: staleVariant(50), against: freshVariant, metric },
    lossMargin,
  );
  return provided([gain], [lost]);
}
