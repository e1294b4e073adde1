/** Made-up studies that must confirm, refute and leave open each rule of this room. */
import type { Measurement } from "../../experiment.ts";
import { made, type Trial } from "../../made-up.fixture.ts";
import { generationVariant, togetherVariant } from "./born-again.experiment.ts";
import {
  churnVariant,
  freshVariant,
  halvesVariant,
  plainChurnVariant,
  staleVariant,
} from "./codistillation.experiment.ts";
import { attentionVariant, relationsVariant } from "./distillation-losses.experiment.ts";
import { distilledVariant, ensembleVariant, teachersVariant } from "./ensembles.experiment.ts";
import { fewSoftVariant } from "./few-examples.experiment.ts";
import { hintVariant } from "./hint-training.experiment.ts";
import {
  hardWeights,
  largeVariant,
  smallVariant,
  temperatures,
  weightVariant,
} from "./kd-settings.experiment.ts";
import {
  randomDistilledVariant,
  randomEnsembleVariant,
  randomVariant,
  selfVariant,
} from "./multi-view.experiment.ts";
import { largePeerVariant, noiseMetrics, pairVariant } from "./mutual-learning.experiment.ts";
import { fewHardVariant, richVariant } from "./rich-labels.experiment.ts";
import { alphabetWorkloads, teacherAnswers } from "./similar-classes.experiment.ts";
import {
  balanceWorkloads,
  bareSpread,
  matchingTemperatures,
  matchingWorkload,
  scaledSpread,
  zeroMeanVariant,
} from "./softened-gradients.experiment.ts";
import { kdVariant, plainVariant, studyRef, teacherVariant } from "./study.ts";
import { assistantVariant } from "./teacher-assistant.experiment.ts";
import { softVariant } from "./unseen-class.experiment.ts";

const workload = "made-up";

/** A figure over ten seeds, with this half-width. */
const figure = (variant: string, metric: string, value: number, half = 0.002): Measurement => ({
  ...made({ workload, variant, metric, value }),
  ...{ low: value - half, high: value + half, n: 10 },
});

/** A paired difference over ten seeds. */
const change = (
  [variant, against]: readonly [string, string],
  value: number,
  { metric = "test-error-change", half = 0.002 } = {},
): Measurement => ({ ...figure(variant, metric, value, half), against: studyRef(against) });

/** A teacher with this error, and a student that errs on 10 % on labels alone. */
const taught = (teacher = 0.03): Measurement[] => [
  figure(teacherVariant, "test-error", teacher, 0),
  figure(plainVariant, "test-error", 0.1),
];

/** A claim that one variant errs less than another, and that needs a teacher who has something to teach. */
const fewerErrors = (claim: string, pair: readonly [string, string]): Trial => ({
  claim,
  confirmed: [...taught(), change(pair, -0.01)],
  refuted: [...taught(), change(pair, 0.01)],
  inconclusive: [...taught(0.099), change(pair, -0.01)],
});

const rises = (values: readonly number[]): Measurement[] =>
  noiseMetrics.map((metric, i) =>
    change([pairVariant, plainVariant], values[i] as number, { metric: `${metric}-change` }),
  );

/** A share over ten seeds that a rule compares with a half. */
const half = (
  claim: string,
  variant: string,
  metric: string,
  bound = 0.5,
  more: readonly Measurement[] = taught(),
): Trial => ({
  claim,
  confirmed: [...more, figure(variant, metric, bound + 0.1)],
  refuted: [...more, figure(variant, metric, bound - 0.1)],
  inconclusive: [...more, figure(variant, metric, bound + 0.1, 0.2)],
});

/** Errors by temperature of the small student, and how far the large one's are from those at T = 8. */
const temperatureErrors = (small: readonly number[], large: number): Measurement[] => [
  figure(teacherVariant, "test-error", 0.03, 0),
  figure("small-plain", "test-error", 0.2),
  ...temperatures.flatMap((T, i) => {
    const error = small[i] as number;
    const last = small.at(-1) as number;
    return [
      figure(smallVariant(T), "test-error", error),
      ...(T === 32 ? [] : [change([smallVariant(T), smallVariant(32)], error - last)]),
      ...(T === 8 ? [] : [change([largeVariant(T), largeVariant(8)], large)]),
    ];
  }),
];

const weightErrors = (errors: readonly number[]): Measurement[] => [
  ...taught(),
  ...hardWeights.flatMap((weight, i) => [
    figure(weightVariant(weight), "test-error", errors[i] as number),
    ...[0.5, 1]
      .filter((against) => against !== weight)
      .map((against) => {
        const other = errors[hardWeights.indexOf(against as 0.5 | 1)] as number;
        return change([weightVariant(weight), weightVariant(against)], (errors[i] as number) - other);
      }),
  ]),
];

const together = (value: number, share: number): Measurement[] => [
  change([ensembleVariant, plainVariant], value),
  figure(distilledVariant, "gap-closed", share, 0.05),
];

/** Spreads of both workloads, with T squared and without. */
const spreads = (scaled: number, bare: number, half = 0.1): Measurement[] =>
  balanceWorkloads.flatMap((place) => [
    { ...figure(scaledSpread, "gradient-spread", scaled, half), workload: place },
    { ...figure(bareSpread, "gradient-spread", bare, half), workload: place },
  ]);

const cosines = (values: readonly number[], half = 1e-5): Measurement[] =>
  matchingTemperatures.map((T, i) => ({
    ...figure(zeroMeanVariant(T), "gradient-cosine", values[i] as number, half),
    workload: matchingWorkload,
  }));

/** Rank correlations over ten seeds, and how often chance does as well. */
const agreements = (correlation: number, chance: number): Measurement[] =>
  Object.values(alphabetWorkloads).flatMap((place) => [
    { ...figure(teacherAnswers, "correlation", correlation, 0.03), workload: place },
    made({ workload: place, variant: teacherAnswers, metric: "chance", value: chance }),
  ]);

/** What codistillation gains in loss, and what is lost of it when exchanges are rare. */
const stale = (gain: number, lost: number): Measurement[] => [
  change([freshVariant, plainVariant], gain, { metric: "test-loss-change" }),
  change([staleVariant(50), freshVariant], lost, { metric: "test-loss-change" }),
];

/** Shares of the ensembles' gains that one network keeps, trained and with random features. */
const keptShares = (trained: number, random: number): Measurement[] => [
  change([ensembleVariant, plainVariant], -0.01),
  change([randomEnsembleVariant, randomVariant], -0.01),
  figure(distilledVariant, "gap-closed", trained, 0.05),
  figure(randomDistilledVariant, "gap-closed", random, 0.05),
];

export const studyTrials: readonly Trial[] = [
  {
    claim: "t-squared-keeps-balance",
    confirmed: spreads(1.5, 20),
    refuted: spreads(2.5, 20),
    inconclusive: spreads(1.95, 20),
  },
  {
    claim: "soft-outputs-rank-similar-classes",
    confirmed: agreements(0.5, 0.0001),
    refuted: agreements(0.5, 0.05),
    inconclusive: agreements(0.41, 0.0001),
  },
  {
    claim: "high-t-equals-logit-matching",
    confirmed: cosines([0.5, 0.6, 0.8, 0.9, 0.95, 0.99, 0.9995]),
    refuted: cosines([0.5, 0.6, 0.8, 0.7, 0.95, 0.99, 0.9995]),
    inconclusive: cosines([0.5, 0.6, 0.8, 0.9, 0.95, 0.99, 0.9995], 0.001),
  },
  fewerErrors("teacher-assistant-bridges-gap", [assistantVariant, kdVariant]),
  {
    claim: "mutual-beats-independent",
    confirmed: [change([pairVariant, plainVariant], -0.01)],
    refuted: [change([pairVariant, plainVariant], 0.01)],
    inconclusive: [change([pairVariant, plainVariant], -0.001)],
  },
  fewerErrors("mutual-beats-static-teacher", [largePeerVariant, kdVariant]),
  {
    claim: "mutual-finds-flatter-minima",
    confirmed: rises([-0.01, -0.02, -0.03]),
    refuted: rises([-0.01, 0.01, -0.03]),
    inconclusive: rises([-0.01, 0.001, -0.03]),
  },

  half("soft-targets-survive-few-samples", fewSoftVariant, "gap-closed"),
  half("unseen-class-transfers", softVariant, "unseen-recall", 0.8),
  half("repo-ten-percent-fewer-errors", richVariant, "errors-saved", 0, [
    figure(teacherVariant, "test-error", 0.03, 0),
    figure(fewHardVariant, "test-error", 0.1),
  ]),
  {
    claim: "tiny-students-want-moderate-t",
    confirmed: temperatureErrors([0.18, 0.17, 0.15, 0.16, 0.17, 0.18, 0.19], 0.001),
    refuted: temperatureErrors([0.18, 0.17, 0.16, 0.15, 0.14, 0.13, 0.12], 0.001),
    inconclusive: temperatureErrors([0.18, 0.17, 0.15, 0.16, 0.17, 0.18, 0.19], 0.004),
  },
  {
    claim: "small-hard-weight-is-best",
    confirmed: weightErrors([0.09, 0.08, 0.07, 0.08, 0.085, 0.09, 0.1]),
    refuted: weightErrors([0.1, 0.1, 0.1, 0.09, 0.08, 0.07, 0.09]),
    inconclusive: weightErrors([0.07, 0.07, 0.069, 0.07, 0.07, 0.07, 0.1]),
  },
  {
    claim: "born-again-beats-its-teacher",
    confirmed: [change([generationVariant(1), plainVariant], -0.01)],
    refuted: [change([generationVariant(1), plainVariant], 0.01)],
    inconclusive: [change([generationVariant(1), plainVariant], 0.001)],
  },
  {
    claim: "generations-keep-helping",
    confirmed: [change([togetherVariant, generationVariant(3)], -0.01)],
    refuted: [change([togetherVariant, generationVariant(3)], 0.01)],
    inconclusive: [{ ...change([togetherVariant, generationVariant(3)], -0.01), n: 9 }],
  },
  {
    claim: "ensemble-gain-fits-one-model",
    confirmed: together(-0.01, 0.7),
    refuted: together(-0.01, 0.3),
    inconclusive: together(0.01, 0.7),
  },
  fewerErrors("several-teachers-beat-one", [teachersVariant, kdVariant]),

  {
    claim: "online-matches-two-stage",
    confirmed: [...taught(), change(["codistillation", kdVariant], 0.001)],
    refuted: [...taught(), change(["codistillation", kdVariant], 0.01)],
    inconclusive: [...taught(), change(["codistillation", kdVariant], 0.005)],
  },
  half("codistillation-needs-fewer-steps", halvesVariant, "steps-saved", 0.2, []),
  {
    claim: "codistillation-reduces-churn",
    confirmed: [change([churnVariant, plainChurnVariant], -0.01, { metric: "churn-change" })],
    refuted: [change([churnVariant, plainChurnVariant], 0.01, { metric: "churn-change" })],
    inconclusive: [change([churnVariant, plainChurnVariant], 0, { metric: "churn-change" })],
  },
  {
    claim: "stale-teacher-is-good-enough",
    confirmed: stale(-0.02, 0.001),
    refuted: stale(-0.02, 0.02),
    inconclusive: stale(0.02, 0.001),
  },
  {
    claim: "seed-ensembles-help",
    confirmed: [change([ensembleVariant, plainVariant], -0.01)],
    refuted: [change([ensembleVariant, plainVariant], 0.01)],
    inconclusive: [change([ensembleVariant, plainVariant], 0)],
  },
  {
    claim: "self-distillation-raises-accuracy",
    confirmed: [change([selfVariant, plainVariant], -0.01)],
    refuted: [change([selfVariant, plainVariant], 0.01)],
    inconclusive: [change([selfVariant, plainVariant], 0)],
  },
  {
    claim: "random-features-do-not-distil",
    confirmed: keptShares(0.7, 0.1),
    refuted: keptShares(0.7, 0.4),
    inconclusive: keptShares(0.7, 0.2),
  },
  fewerErrors("hints-train-deep-thin-students", [hintVariant, kdVariant]),
  fewerErrors("attention-maps-transfer", [attentionVariant, plainVariant]),
  {
    claim: "distances-and-angles-transfer",
    confirmed: [
      ...taught(),
      change([relationsVariant, kdVariant], -0.01, { metric: "retrieval-error-change" }),
    ],
    refuted: [...taught(), change([relationsVariant, kdVariant], 0.01, { metric: "retrieval-error-change" })],
    inconclusive: [
      ...taught(0.099),
      change([relationsVariant, kdVariant], -0.01, { metric: "retrieval-error-change" }),
    ],
  },
];
