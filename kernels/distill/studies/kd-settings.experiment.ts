/**
 * The two numbers of Hinton's loss, temperature and weight of the labels, over a range each, for two sizes of students at
 * one teacher: what the paper says of MNIST in section 3 and of the weighted average in section 2.
 */
import type { Evidence, Judgement } from "../../experiment.ts";
import { allHold, estimate, type Finding, missing } from "../../judge.ts";
import {
  differenceBelow,
  differenceWithin,
  leastSeeds,
  provided,
  teacherIsBetter,
  teacherRule,
} from "./rules.ts";
import { baselines, type Entry, type StudySpec } from "./study.ts";
import { studyRow } from "./study-row.ts";

export const temperatures = [1, 2, 3, 4, 8, 16, 32] as const;
export const hardWeights = [0, 0.05, 0.1, 0.3, 0.5, 0.7, 1] as const;
export const smallVariant = (T: number): string => `small-t${T}`;
export const largeVariant = (T: number): string => `large-t${T}`;
export const weightVariant = (alpha: number): string => `hard-weight-${alpha}`;

/** Half a point of test error: less is "the same". */
const margin = 0.005;

const tempered = (student: "small" | "large"): Entry[] =>
  temperatures.map((T) => ({ variant: `${student}-t${T}`, method: "kd", params: { T }, student }));

export const kdSettingsSpec: StudySpec = {
  data: { set: "digits" },
  teacher: { kind: "cnn", filters: [8, 16, 32] },
  student: { kind: "mlp", hidden: [16] },
  others: { small: { kind: "mlp", hidden: [8] }, large: { kind: "mlp", hidden: [96] } },
  entries: [
    ...baselines,
    { variant: "small-plain", method: "plain", student: "small" },
    { variant: "large-plain", method: "plain", student: "large" },
    ...tempered("small"),
    ...tempered("large"),
    ...hardWeights.map((alpha) => ({ variant: weightVariant(alpha), method: "kd", params: { alpha } })),
  ],
  sizes: {
    quick: { seeds: 2, examples: 500, held: 1000, epochs: 12, seconds: 12 },
    standard: { seeds: 10, examples: 2000, held: 4000, epochs: 25, seconds: 400 },
    full: { seeds: 30, examples: 5000, held: 10_000, epochs: 25, seconds: 3000 },
  },
};

export const kdSettingsStudy = studyRow(kdSettingsSpec, {
  id: "kd-settings",
  title: { en: "Temperature and weight of the labels", zh: "温度与硬标签权重" },
  question:
    "Which temperature suits a very small and a larger student, and how much weight should the labels have beside the teacher?",
  topics: ["temperature", "soft-targets"],
  claims: [
    {
      claim: "tiny-students-want-moderate-t",
      rule:
        `Students of 8 and 96 units, T of ${temperatures.join(", ")}, at least ${leastSeeds} seeds. The small one: its T of least mean test error ` +
        "is neither the first nor the last, and its error there less that at T = 32 has a 95 % interval below 0; refuted if the least " +
        "is at 32 or that interval lies above 0. The large one: at T = 16 and 32 within half a point of its error at T = 8, " +
        `by the intervals; refuted if one lies outside.${teacherRule}`,
      judge: (evidence) => judgeTemperatures(evidence),
    },
    {
      claim: "small-hard-weight-is-best",
      rule:
        `Weights of ${hardWeights.join(", ")} at T = 4, at least ${leastSeeds} seeds: the weight of least mean test error is below 0.5, and the error ` +
        "there less that at 0.5 and less that at 1 have 95 % intervals below 0. Refuted if the least is at 0.5 or above, or an " +
        `interval lies above 0.${teacherRule}`,
      judge: (evidence) => judgeWeights(evidence),
    },
  ],
  charts: [
    {
      kind: "sweep",
      title: "Test error of the small student by temperature",
      metric: "test-error",
      variants: "small-t",
      x: { from: "variant", title: "temperature" },
    },
    {
      kind: "sweep",
      title: "Test error of the large student by temperature",
      metric: "test-error",
      variants: "large-t",
      x: { from: "variant", title: "temperature" },
    },
    {
      kind: "bars",
      title: "Test error by weight of the labels",
      metric: "test-error",
      variants: "hard-weight-",
    },
    { kind: "curves", title: "Test error while training", metric: "test-error", variants: "small-" },
  ],
});

/** The value whose variant has the least mean error; undefined where one is missing. */
function leastOf(evidence: Evidence, values: readonly number[], variantOf: (value: number) => string) {
  const found = values.map((value) => evidence.find({ variant: variantOf(value), metric: "test-error" }));
  if (found.some((m) => m === undefined)) return undefined;
  const errors = found.map((m) => m?.value as number);
  const at = errors.indexOf(Math.min(...errors));
  return { value: values[at] as number, measured: found[at] };
}

function judgeTemperatures(evidence: Evidence): Judgement {
  const least = leastOf(evidence, temperatures, smallVariant);
  if (!least?.measured)
    return allHold([missing(evidence, { variant: smallVariant(1), metric: "test-error" })]);
  const inside = least.value > 1 && least.value < 32;
  const place: Finding = {
    holds: inside,
    text: `the student of 8 units errs least at T = ${least.value}: ${estimate(least.measured)}`,
  };
  const small =
    least.value === 32
      ? []
      : [differenceBelow(evidence, { variant: smallVariant(least.value), against: smallVariant(32) })];
  const large = [16, 32].map((T) =>
    differenceWithin(evidence, { variant: largeVariant(T), against: largeVariant(8) }, margin),
  );
  return judgedWithSeeds(evidence, place, [
    teacherIsBetter(evidence, kdSettingsSpec, "small-plain"),
    ...small,
    ...large,
  ]);
}

function judgeWeights(evidence: Evidence): Judgement {
  const least = leastOf(evidence, hardWeights, weightVariant);
  if (!least?.measured)
    return allHold([missing(evidence, { variant: weightVariant(0), metric: "test-error" })]);
  const place: Finding = {
    holds: least.value < 0.5,
    text: `the error is least with a weight of ${least.value}: ${estimate(least.measured)}`,
  };
  const gaps = [0.5, 1].flatMap((against) =>
    against === least.value
      ? []
      : [differenceBelow(evidence, { variant: weightVariant(least.value), against: weightVariant(against) })],
  );
  return judgedWithSeeds(evidence, place, [teacherIsBetter(evidence, kdSettingsSpec), ...gaps]);
}

/** Where the least of few seeds stands decides nothing, nor where there is nothing to teach. */
function judgedWithSeeds(
  evidence: Evidence,
  place: Finding,
  others: readonly [Finding, ...Finding[]],
): Judgement {
  const few = (evidence.find({ metric: "test-error-change" })?.n ?? 0) < leastSeeds;
  const [taught, ...conditions] = others;
  return provided([taught], [few ? { ...place, holds: null } : place, ...conditions]);
}
