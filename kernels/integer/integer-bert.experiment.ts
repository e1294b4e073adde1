/**
 * Does an encoder that runs in integers alone keep the accuracy of the float one? Exact: integers are the same on every
 * machine; the float side, whose head is fitted, differs between targets by rounding alone.
 */
import type { Evidence, ExperimentRow, Judgement, Profile, Settings } from "../experiment.ts";
import { allHold, below, bestTarget, tried } from "../judge.ts";
import { fastestTarget, on } from "../targets.ts";

export const floatVariant = "encoder-f32";
export const integerVariant = "encoder-integer";

/** Seeds that the claim's rule asks for. */
const claimedSeeds = 10;
const seedsOf: Readonly<Record<Profile, number>> = { quick: 3, standard: claimedSeeds, full: 30 };
/** Largest loss of accuracy that the claim allows. */
const tolerance = 0.01;

/** The seeds' number is in the name, so that the procedure knows it. */
export const bertWorkload = (profile: Profile): string => `${seedsOf[profile]} encoders of 2 layers`;
export const seedsIn = (workload: string): number => Number.parseInt(workload, 10);

export const integerBert: ExperimentRow = {
  id: "integer-bert",
  title: { en: "A transformer in integers alone", zh: "全程整数运算的Transformer" },
  question:
    "What does a BERT-shaped encoder lose when every operation of its inference, softmax and normalisation included, is done in integers?",
  topics: ["integer-only", "quant"],
  claims: [
    {
      claim: "integer-only-keeps-accuracy",
      rule:
        `At least ${claimedSeeds} seeds of an encoder of 2 layers and width 128 whose head is fitted to tell 4 kinds of ` +
        "sequences; test error of the integer encoder less that of the float one with the same weights: confirmed if " +
        "the 95 % interval over seeds lies below 0.01, refuted if above. At this scale, and without fine-tuning.",
      judge,
    },
  ],
  charts: [{ kind: "bars", title: "Test error, float and integers alone", metric: "test-error" }],
  plan: (settings: Settings) => {
    const target = fastestTarget(settings);
    if (!target) return [];
    const seconds = (target === "js" ? 120 : 5) * seedsOf[settings.profile];
    const variants = on(target, [floatVariant, integerVariant]);
    return [{ workload: bertWorkload(settings.profile), variants, seconds, silence: 240 }];
  },
};

function judge(evidence: Evidence): Judgement {
  const target = bestTarget(evidence);
  const query = { variant: integerVariant, target, metric: "test-error-change" } as const;
  return allHold([tried(evidence, query, (m) => below(m, tolerance, { rounds: claimedSeeds }))]);
}
