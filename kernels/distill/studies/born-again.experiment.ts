/** Born-again networks (Furlanello et al. 2018) where labels are partly wrong: there a network's answers know better. */
import { allHold } from "../../judge.ts";
import { changeRule, differenceBelow } from "./rules.ts";
import { baselines, plainVariant, type StudySpec } from "./study.ts";
import { studyRow } from "./study-row.ts";

export const generationVariant = (number: number): string => `generation-${number}`;
export const togetherVariant = "generations-together";
const generations = 3;

export const bornAgainSpec: StudySpec = {
  data: { set: "digits", labelNoise: 0.2 },
  teacher: { kind: "cnn", filters: [8, 16, 32] },
  student: { kind: "mlp", hidden: [32] },
  entries: [
    ...baselines,
    ...[1, 2, generations].map((number) => ({
      variant: generationVariant(number),
      method: "born-again",
      params: { generations: number },
    })),
    { variant: togetherVariant, method: "born-again", params: { generations, together: true } },
  ],
  sizes: {
    quick: { seeds: 3, examples: 1000, held: 1000, epochs: 12, seconds: 6 },
    standard: { seeds: 10, examples: 2000, held: 4000, epochs: 25, seconds: 110 },
    full: { seeds: 30, examples: 5000, held: 10_000, epochs: 25, seconds: 800 },
  },
};

export const bornAgainStudy = studyRow(bornAgainSpec, {
  id: "born-again",
  title: { en: "Born-again networks", zh: "再生网络" },
  question:
    "Does a network that learns from one of its own kind outdo it, and do several generations together outdo the last?",
  topics: ["born-again", "self-kd"],
  claims: [
    {
      claim: "born-again-beats-its-teacher",
      rule: changeRule(generationVariant(1), plainVariant),
      judge: (evidence) =>
        allHold([differenceBelow(evidence, { variant: generationVariant(1), against: plainVariant })]),
    },
    {
      claim: "generations-keep-helping",
      rule: changeRule(togetherVariant, generationVariant(generations)),
      judge: (evidence) =>
        allHold([
          differenceBelow(evidence, { variant: togetherVariant, against: generationVariant(generations) }),
        ]),
    },
  ],
});
