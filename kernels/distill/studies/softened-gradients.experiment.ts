/**
 * What temperature does to the gradient of Hinton's loss (2015, section 2): whether T squared keeps the balance of soft and
 * hard targets, and whether distillation at high T is matching of logits. No student is compared here: both are
 * statements on gradients, taken from the same loss that all studies train with.
 */
import type { Cell, Evidence, ExperimentRow, Judgement, Profile, Settings } from "../../experiment.ts";
import { above, allHold, below, type Finding, figure, tried } from "../../judge.ts";
import { type StudySize, studyRef } from "./study.ts";

export const temperatures = [1, 2, 4, 8, 12, 16, 20] as const;
/** From here on the rule looks at the balance: below, softened outputs are hardly soft. */
export const leastSoft = 4;
export const matchingTemperatures = [1, 2, 5, 10, 20, 50, 100] as const;

export const scaledVariant = (T: number): string => `scaled-t${T}`;
export const bareVariant = (T: number): string => `bare-t${T}`;
export const scaledSpread = "scaled-all";
export const bareSpread = "bare-all";
export const zeroMeanVariant = (T: number): string => `zero-mean-t${T}`;
export const anyMeanVariant = (T: number): string => `any-mean-t${T}`;

export const balanceWorkloads = ["random logits", "digits, teacher and student"] as const;
export type BalanceWorkload = (typeof balanceWorkloads)[number];
export const matchingWorkload = "pairs of random logits";

/** The networks of the digits' workload are trained once for each seed. */
export const gradientSizes: Readonly<Record<Profile, StudySize>> = {
  quick: { seeds: 10, examples: 1000, held: 1000, epochs: 6, seconds: 12 },
  standard: { seeds: 10, examples: 2000, held: 2000, epochs: 25, seconds: 60 },
  full: { seeds: 30, examples: 5000, held: 5000, epochs: 25, seconds: 400 },
};

/** Bounds of the claims' tests as the catalogue states them. */
const [mostSpread, leastBareSpread, leastCosine] = [2, 10, 0.999];

export const softenedGradients: ExperimentRow = {
  id: "softened-gradients",
  title: { en: "What temperature does to the gradient", zh: "温度对梯度的作用" },
  question:
    "Does T squared keep soft and hard gradients in balance, and does distillation at high temperature become the matching of logits?",
  topics: ["temperature", "soft-targets"],
  claims: [
    {
      claim: "t-squared-keeps-balance",
      rule:
        "Norm of the soft term's gradient by the logits over that of the hard term's, on random logits and on digits between a " +
        `trained teacher and a trained student; its largest value over its least for T of ${leastSoft} to ${temperatures.at(-1)}, seed by seed: ` +
        `confirmed if the 95 % interval of the mean lies below ${mostSpread} with the factor T squared and above ${leastBareSpread} without it, on both; ` +
        "refuted if one lies on the other side.",
      judge: judgeBalance,
    },
    {
      claim: "high-t-equals-logit-matching",
      rule:
        "Cosine of the gradient and of the difference of the logits, mean over random pairs of logits with mean zero and over seeds: " +
        `confirmed if its 95 % interval lies above ${leastCosine} at T = ${matchingTemperatures.at(-1)} and the mean rises from each T to the next ` +
        `(${matchingTemperatures.join(", ")}); refuted if the interval lies below, or the mean falls once.`,
      judge: judgeMatching,
    },
  ],
  charts: [
    {
      kind: "sweep",
      title: "Soft over hard gradient by temperature, with T squared",
      metric: "gradient-ratio",
      variants: "scaled-t",
      x: { from: "variant", title: "temperature" },
    },
    {
      kind: "sweep",
      title: "Cosine of the gradient and the difference of logits",
      metric: "gradient-cosine",
      variants: "zero-mean-t",
      x: { from: "variant", title: "temperature" },
    },
  ],
  plan,
};

function plan({ targets, profile }: Settings): readonly Cell[] {
  if (!targets.includes("wasm")) return [];
  const balance = [
    ...temperatures.flatMap((T) => [scaledVariant(T), bareVariant(T)]),
    scaledSpread,
    bareSpread,
  ];
  const matching = matchingTemperatures.flatMap((T) => [zeroMeanVariant(T), anyMeanVariant(T)]);
  const [random, digits] = balanceWorkloads;
  return [
    { workload: random, variants: balance.map(studyRef), seconds: 2 },
    {
      workload: digits,
      variants: balance.map(studyRef),
      seconds: gradientSizes[profile].seconds,
      silence: 300,
    },
    { workload: matchingWorkload, variants: matching.map(studyRef), seconds: 2 },
  ];
}

function judgeBalance(evidence: Evidence): Judgement {
  return allHold(
    balanceWorkloads.flatMap((workload) => {
      const spread = { workload, metric: "gradient-spread" };
      return [
        tried(evidence, { ...spread, variant: scaledSpread }, (m) => below(m, mostSpread)),
        tried(evidence, { ...spread, variant: bareSpread }, (m) => above(m, leastBareSpread)),
      ];
    }),
  );
}

function judgeMatching(evidence: Evidence): Judgement {
  const cosine = (T: number) => ({
    workload: matchingWorkload,
    variant: zeroMeanVariant(T),
    metric: "gradient-cosine",
  });
  const last = matchingTemperatures.at(-1) as number;
  return allHold([
    tried(evidence, cosine(last), (m) => above(m, leastCosine)),
    ...matchingTemperatures.slice(1).map((T, i): Finding => {
      const before = matchingTemperatures[i] as number;
      return tried(evidence, cosine(before), (lower) =>
        tried(evidence, cosine(T), (m) => ({
          holds: m.value > lower.value,
          text: `from T = ${before} to ${T} the cosine goes from ${figure(lower.value)} to ${figure(m.value)}`,
        })),
      );
    }),
  ]);
}
