/** What the rules of this room must say of made-up measurements. */
import type { Measurement } from "../experiment.ts";
import { made, ratio, type Trial } from "../made-up.fixture.ts";
import {
  adaptiveVariant,
  fullVariant,
  stepWorkload,
  trainingWorkload,
  vocabularyOfClaims,
} from "./adaptive/adaptive-softmax.experiment.ts";

const step = (faster: number, spread = 0.02): Measurement[] => [
  ratio(stepWorkload(vocabularyOfClaims), adaptiveVariant, fullVariant, faster, spread),
];

const workload = trainingWorkload(vocabularyOfClaims);

/** Perplexity of the full softmax and of word frequencies, and by how much the adaptive one is above, with half an interval. */
export const trained = (
  full: number,
  unigram: number,
  excess: number,
  half: number,
  n = 5,
): Measurement[] => [
  made({
    workload,
    variant: fullVariant,
    metric: "perplexity",
    value: full,
    low: full - 5,
    high: full + 5,
    n,
  }),
  made({ workload, variant: fullVariant, metric: "unigram-perplexity", value: unigram }),
  made({
    ...{ workload, variant: adaptiveVariant, metric: "perplexity-excess", value: excess, n },
    ...{ low: excess - half, high: excess + half, against: { variant: fullVariant, target: "wasm" } },
  }),
];

export const softmaxTrials: readonly Trial[] = [
  {
    claim: "adaptive-softmax-is-cheaper",
    confirmed: step(8),
    refuted: step(0.9),
    inconclusive: step(1.01),
  },
  {
    claim: "adaptive-softmax-stays-close",
    confirmed: trained(600, 1000, 0.03, 0.01),
    refuted: trained(600, 1000, 0.12, 0.03),
    inconclusive: trained(600, 1000, 0.05, 0.02),
  },
];
