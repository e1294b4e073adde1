/**
 * Is a softmax that is cut by the frequency of words cheaper to train than the full one, and as good? After Grave et al.
 * (arXiv 1609.04309), on a drawn language of a size that a minute allows.
 */
import type {
  Cell,
  Evidence,
  ExperimentRow,
  Judgement,
  Measurement,
  Profile,
  Settings,
} from "../../experiment.ts";
import {
  above,
  allHold,
  bestTarget,
  estimate,
  type Finding,
  figure,
  missing,
  triedRatio,
} from "../../judge.ts";
import { fastestTarget, on } from "../../targets.ts";

export const fullVariant = "full";
export const adaptiveVariant = "adaptive";

/** The task of the claims: a vocabulary of 20,000, hidden states of 64. */
export const vocabularyOfClaims = 20_000;
export const hiddenWidth = 64;
export const batchWords = 256;

export const stepWorkload = (vocabulary: number): string => `training step, ${vocabulary} words`;
export const trainingWorkload = (vocabulary: number): string => `training, ${vocabulary} words`;

export interface TrainingSize {
  readonly seeds: number;
  readonly steps: number;
}

/**
 * Seeds and steps by profile; a step sees 256 words. With 600 steps the full softmax was not yet better than word frequencies
 * alone, which left the claim open; the thousand of `standard` were chosen by that, and by nothing of the adaptive one.
 */
export const trainingSizes: Readonly<Record<Profile, TrainingSize>> = {
  quick: { seeds: 2, steps: 60 },
  standard: { seeds: 5, steps: 1000 },
  full: { seeds: 10, steps: 4000 },
};

/** Seeds that the rule asks for, and by how much perplexity may be above. */
const leastSeeds = 5;
const mostExcess = 0.05;
const leastRounds = 15;

export const adaptiveSoftmax: ExperimentRow = {
  id: "adaptive-softmax",
  title: { en: "Adaptive softmax against full softmax", zh: "自适应softmax与完整softmax" },
  question:
    "On a vocabulary of Zipf's frequencies, how much does a training step of the adaptive softmax save, and what does it " +
    "cost in perplexity after the same steps?",
  topics: ["softmax"],
  claims: [
    {
      claim: "adaptive-softmax-is-cheaper",
      rule:
        `${vocabularyOfClaims} words of Zipf's frequencies, hidden states of ${hiddenWidth}, ${batchWords} words a step, both on our ` +
        "products, cut-offs by the cost model: time of a training step (loss, gradients and update) of the full softmax over " +
        `that of the adaptive one, on the fastest target of the run, at least ${leastRounds} interleaved rounds. Confirmed if ` +
        "the 95 % interval of the paired ratio lies above 1, refuted if at or below.",
      judge: (evidence) =>
        allHold([
          triedRatio(
            evidence,
            {
              ...{ workload: stepWorkload(vocabularyOfClaims), target: bestTarget(evidence) },
              ...{ variant: adaptiveVariant, against: fullVariant },
            },
            (ratio) => above(ratio, 1, { rounds: leastRounds }),
          ),
        ]),
    },
    {
      claim: "adaptive-softmax-stays-close",
      rule:
        "The same words; a model of the word before, plain gradient descent with one rate for both, same embeddings at the " +
        `start, same text, same number of steps, at least ${leastSeeds} seeds, last step: perplexity of the adaptive softmax on text ` +
        `not seen, over that of the full one, less 1. Confirmed if the 95 % interval of the mean lies at or below ${mostExcess}, ` +
        "refuted if above. Open unless the full softmax is surely better than a model that ignores the word before: else " +
        "neither has learnt what there is to lose.",
      judge: judgeCloseness,
    },
  ],
  charts: [
    { kind: "bars", title: "Time of a training step", metric: "time" },
    { kind: "bars", title: "Perplexity on text not seen, mean over seeds", metric: "perplexity" },
  ],
  plan,
};

function plan(settings: Settings): readonly Cell[] {
  const target = fastestTarget(settings);
  if (!target) return [];
  const variants = on(target, [fullVariant, adaptiveVariant]);
  const { seeds, steps } = trainingSizes[settings.profile];
  // A step of the full softmax: measured on AVX-512, in WebAssembly and in JavaScript.
  const secondsOfStep = { native: 0.018, wasm: 0.06, js: 0.8, peer: 0 }[target];
  return [
    { workload: stepWorkload(vocabularyOfClaims), variants, seconds: 4 + 40 * secondsOfStep },
    {
      workload: trainingWorkload(vocabularyOfClaims),
      variants,
      seconds: 2 + 1.3 * seeds * steps * secondsOfStep,
      silence: 300,
    },
  ];
}

function judgeCloseness(evidence: Evidence): Judgement {
  return allHold([hasLearnt(evidence), closeEnough(evidence)]);
}

function hasLearnt(evidence: Evidence): Finding {
  const query = { workload: trainingWorkload(vocabularyOfClaims), variant: fullVariant } as const;
  const [full, unigram] = ["perplexity", "unigram-perplexity"].map((metric) =>
    evidence.find({ ...query, metric }),
  );
  if (!full || !unigram) return missing(evidence, { ...query, metric: "perplexity" });
  const text = `perplexity ${estimate(full)} with the full softmax, ${figure(unigram.value)} without the word before`;
  return full.high < unigram.low
    ? { holds: true, text }
    : { holds: null, text: `${text}: too few steps to have learnt; run --profile standard or full` };
}

function closeEnough(evidence: Evidence): Finding {
  const query = {
    ...{ workload: trainingWorkload(vocabularyOfClaims), variant: adaptiveVariant },
    ...{ metric: "perplexity-excess", against: fullVariant },
  } as const;
  const excess = evidence.find(query);
  return excess ? within(excess) : missing(evidence, query, fullVariant);
}

function within(excess: Measurement): Finding {
  const text = `perplexity is above the full softmax's by ${estimate(excess)} over ${excess.n} seeds, asked at most ${mostExcess}`;
  if (excess.n < leastSeeds)
    return { holds: null, text: `${text}; the rule asks for ${leastSeeds} seeds: run --profile standard` };
  if (excess.high <= mostExcess) return { holds: true, text };
  return excess.low > mostExcess
    ? { holds: false, text }
    : { holds: null, text: `${text}: the interval leaves it open; run --profile full for more seeds` };
}
