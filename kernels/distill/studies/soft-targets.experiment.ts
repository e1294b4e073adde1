/**
 * Does a small student learn more from a teacher's softened outputs than from labels alone? Hinton's experiment on drawn
 * glyphs: everything is strict arithmetic, so a seed gives the same errors on every machine.
 */
import type { Evidence, ExperimentRow, Judgement, Profile, Settings } from "../../experiment.ts";
import { estimate, type Finding, missing } from "../../judge.ts";
import { provided } from "./rules.ts";

export const teacherVariant = "teacher";
export const hardVariant = "hard-labels";
export const softVariant = "soft-targets";

/** Seeds that the rule asks for. */
const leastSeeds = 10;
/** Of the soft term, as in Hinton's experiment on MNIST. */
export const temperature = 20;

export interface StudySize {
  readonly seeds: number;
  readonly examples: number;
  readonly epochs: number;
}

/**
 * What a profile trains. Epochs are as many as the student takes on labels alone until its error stands still; nothing
 * else was looked at to choose them.
 */
export const studySizes: Readonly<Record<Profile, StudySize>> = {
  quick: { seeds: 3, examples: 2000, epochs: 25 },
  standard: { seeds: 10, examples: 5000, epochs: 30 },
  full: { seeds: 30, examples: 10_000, epochs: 30 },
};

export const workloadOf = ({ examples }: StudySize): string => `glyphs, ${examples} examples`;

export const softTargets: ExperimentRow = {
  id: "soft-targets",
  title: { en: "Soft targets against hard labels", zh: "软目标与硬标签" },
  question:
    "Does a small network that also matches a larger one's softened outputs make fewer errors than the same network " +
    "trained on labels alone?",
  topics: ["soft-targets"],
  claims: [
    {
      claim: "soft-targets-beat-hard-labels",
      rule:
        `Test error with labels and soft targets (T = ${temperature}) less that with labels alone, same start and same batches, ` +
        `over at least ${leastSeeds} seeds, last epoch: confirmed if the 95 % interval of the mean difference lies below 0, ` +
        "refuted if above. Open unless the teacher is surely better than the student with labels alone: else there is " +
        "nothing to teach.",
      judge,
    },
  ],
  charts: [{ kind: "bars", title: "Test error, mean over seeds", metric: "test-error" }],
  published: [
    {
      title: "Hinton et al. 2015, MNIST: test errors of 10,000",
      source: "arXiv:1503.02531, section 3",
      conditions:
        "two layers of 1,200 units with dropout teach two of 800 without regularisation; 60,000 examples, T = 20",
      metric: "test-error",
      rows: [
        { step: teacherVariant, value: 0.0067 },
        { step: hardVariant, value: 0.0146 },
        { step: softVariant, value: 0.0074 },
      ],
    },
  ],
  plan: ({ targets, profile }: Settings) =>
    targets.includes("wasm")
      ? [
          {
            workload: workloadOf(studySizes[profile]),
            variants: [teacherVariant, hardVariant, softVariant].map((variant) => ({
              variant,
              target: "wasm",
            })),
            seconds: { quick: 25, standard: 250, full: 1500 }[profile],
            silence: 300,
          },
        ]
      : [],
};

function judge(evidence: Evidence): Judgement {
  return provided([teacherIsBetter(evidence)], [fewerErrors(evidence)]);
}

function teacherIsBetter(evidence: Evidence): Finding {
  const [teacher, student] = [teacherVariant, hardVariant].map((variant) =>
    evidence.find({ variant, metric: "test-error" }),
  );
  if (!teacher || !student) return missing(evidence, { variant: teacherVariant, metric: "test-error" });
  const better = teacher.high < student.low;
  return {
    holds: better ? true : null,
    text: better
      ? "the teacher makes fewer errors than the student on labels alone"
      : "the teacher is not surely better than the student on labels alone, so there is little to teach; run --profile full",
  };
}

function fewerErrors(evidence: Evidence): Finding {
  const query = { variant: softVariant, metric: "test-error-change", against: hardVariant } as const;
  const change = evidence.find(query);
  if (!change) return missing(evidence, query, hardVariant);
  const errors = [teacherVariant, hardVariant, softVariant].flatMap((variant) => {
    const found = evidence.find({ variant, metric: "test-error" });
    return found ? [`${variant} ${estimate(found)}`] : [];
  });
  const text = `test error changed by ${estimate(change)} over ${change.n} seeds (${errors.join(", ")})`;
  if (change.n < leastSeeds) return { holds: null, text: `${text}; the rule asks for ${leastSeeds} seeds` };
  const holds = change.high < 0 ? true : change.low > 0 ? false : null;
  return {
    holds,
    text: holds === null ? `${text}: the interval holds 0; run --profile full for more seeds` : text,
  };
}
