/**
 * Do the probabilities that a teacher gives to wrong classes tell which classes look alike? Hinton et al. 2015 say so of a
 * BMW and a garbage truck; here the classes are drawn, so how alike they look is known: it is the distance of their
 * undistorted glyphs, which no network has seen.
 */
import type { Cell, Evidence, ExperimentRow, Judgement, Profile, Settings } from "../../experiment.ts";
import { allHold, below, tried } from "../../judge.ts";
import { figureAbove, leastSeeds } from "./rules.ts";
import { type StudySize, studyRef } from "./study.ts";

/** Of the softened outputs. */
export const temperature = 8;
export const teacherAnswers = "teacher";
export const untrainedAnswers = "untrained";

export const alphabetWorkloads = { digits: "digits of 16x16", letters: "letters of 16x16" } as const;
export type Alphabet = keyof typeof alphabetWorkloads;

/** One teacher a seed. */
export const similaritySizes: Readonly<Record<Profile, StudySize>> = {
  quick: { seeds: 2, examples: 1000, held: 1000, epochs: 6, seconds: 4 },
  standard: { seeds: 10, examples: 2600, held: 2600, epochs: 25, seconds: 60 },
  full: { seeds: 30, examples: 5200, held: 5200, epochs: 25, seconds: 400 },
};

/** Bounds of the claim's test as the catalogue states them. */
const [leastCorrelation, mostChance] = [0.4, 0.01];

export const similarClasses: ExperimentRow = {
  id: "similar-classes",
  title: { en: "What wrong classes say", zh: "错误类别透露的信息" },
  question:
    "Does a teacher give more of its softened probability to wrong classes that look like the right one?",
  topics: ["soft-targets"],
  claims: [
    {
      claim: "soft-outputs-rank-similar-classes",
      rule:
        `Spearman's correlation, over pairs of a right and a wrong class, of the mean probability at T = ${temperature} on held examples ` +
        "with the closeness of the undistorted glyphs (distance of their pixels, reversed), on digits and on letters, over at least " +
        `${leastSeeds} seeds: confirmed if the 95 % interval of the mean lies above ${leastCorrelation} and the share of relabellings of the ` +
        "glyphs that do as well with the seeds' mean probabilities (Mantel's test, 9,999 random ones) is below " +
        `${mostChance}, on both; refuted if an interval lies below, or the share is not below.`,
      judge,
    },
  ],
  charts: [{ kind: "bars", title: "Rank correlation with closeness of the glyphs", metric: "correlation" }],
  plan,
};

function plan({ targets, profile }: Settings): readonly Cell[] {
  if (!targets.includes("wasm")) return [];
  const variants = [teacherAnswers, untrainedAnswers].map(studyRef);
  const { seconds } = similaritySizes[profile];
  return Object.values(alphabetWorkloads).map((workload) => ({ workload, variants, seconds, silence: 300 }));
}

function judge(evidence: Evidence): Judgement {
  return allHold(
    Object.values(alphabetWorkloads).flatMap((workload) => {
      const place = { workload, variant: teacherAnswers };
      return [
        figureAbove(evidence, { ...place, metric: "correlation" }, leastCorrelation),
        tried(evidence, { ...place, metric: "chance" }, (m) => below(m, mostChance)),
      ];
    }),
  );
}
