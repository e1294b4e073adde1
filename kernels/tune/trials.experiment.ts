/**
 * The cells in which a search measures: one shape, the default plan and a handful of candidates, in a child process like
 * everything that runs generated code. Not in the registry's list, because it answers no question of a reader.
 */
import type { Cell, ExperimentRow, Target } from "../experiment.ts";
import type { GemmShape, Real } from "../gemm/arguments.ts";

/** Which measurement a cell is for: many candidates by halving, the best of them side by side, or the last word. */
export const stages = ["trials", "semifinal", "final"] as const;
export type Stage = (typeof stages)[number];

export interface TrialWorkload {
  readonly shape: GemmShape;
  readonly element: Real;
  readonly stage: Stage;
}

/** `640x640x640 f32 trials`. */
export function trialWorkload({ shape: { m, n, k }, element, stage }: TrialWorkload): string {
  return `${m}x${n}x${k} ${element} ${stage}`;
}

const pattern = new RegExp(`^(\\d+)x(\\d+)x(\\d+) (f32|f64) (${stages.join("|")})$`);

/** Reads what `trialWorkload` wrote. @throws RangeError for anything else */
export function readTrialWorkload(workload: string): TrialWorkload {
  const match = pattern.exec(workload);
  if (!match) throw new RangeError(`expected such as 640x640x640 f32 trials; found ${workload}`);
  const [m, n, k] = [match[1], match[2], match[3]].map(Number) as [number, number, number];
  return { shape: { m, n, k }, element: match[4] as Real, stage: match[5] as Stage };
}

/** The cell of a batch: the default plan first, everything else is compared with it. */
export function trialCell(
  workload: TrialWorkload,
  target: Target,
  defaultVariant: string,
  plans: readonly string[],
): Cell {
  return {
    workload: trialWorkload(workload),
    variants: [defaultVariant, ...plans].map((variant) => ({ variant, target })),
    seconds: plans.length,
  };
}

export const tuneTrials: ExperimentRow = {
  id: "tune-trials",
  title: { en: "Trials of a search", zh: "调优试验" },
  question: "Which of these plans is fastest at this shape?",
  topics: ["autotuning"],
  claims: [],
  charts: [],
  plan: () => [],
};
