/**
 * Conditions that rules of studies are built from. All are on paired differences over seeds, by the 95 % interval of
 * their mean, and none decides by fewer seeds than ten.
 */
import type { Evidence, Judgement, Measurement, Profile } from "../../experiment.ts";
import { allHold, estimate, type Finding, missing } from "../../judge.ts";
import { plainVariant, type StudySpec, teacherVariant } from "./study.ts";

/** Seeds that the rules ask for. */
export const leastSeeds = 10;

export interface Difference {
  readonly variant: string;
  readonly against: string;
  /** Default: the change of the test error. */
  readonly metric?: string;
}

const percent = (value: number): string => `${Number((100 * value).toPrecision(3))} %`;

/** Whether a difference is below a bound: holds if its whole interval is, fails if the whole interval is above. */
export function differenceBelow(
  evidence: Evidence,
  { variant, against, metric = "test-error-change" }: Difference,
  bound = 0,
): Finding {
  const query = { variant, metric };
  const found = evidence.all(query).find((m) => m.against?.variant === against);
  if (!found) return missing(evidence, query, against);
  const text = `${variant} less ${against}, ${metric}: ${estimate(found)} over ${found.n} seeds, asked to be below ${bound}`;
  return decided(found, text, found.high < bound, found.low > bound);
}

/** Whether a figure is above a bound, in its mean over seeds. */
export function figureAbove(
  evidence: Evidence,
  query: { readonly variant: string; readonly metric: string; readonly workload?: string },
  bound: number,
): Finding {
  const found = evidence.find(query);
  if (!found) return missing(evidence, query);
  const { variant, metric, workload } = query;
  const subject = [`${metric} of ${variant}`, workload && `on ${workload}`].filter(Boolean).join(" ");
  const text = `${subject} ${estimate(found)} over ${found.n} seeds, asked to be above ${bound}`;
  return decided(found, text, found.low > bound, found.high < bound);
}

/** Whether two variants differ by less than a margin either way: holds if the interval is inside it, fails if outside. */
export function differenceWithin(evidence: Evidence, difference: Difference, margin: number): Finding {
  const { variant, against, metric = "test-error-change" } = difference;
  const query = { variant, metric };
  const found = evidence.all(query).find((m) => m.against?.variant === against);
  if (!found) return missing(evidence, query, against);
  const text = `${variant} less ${against}, ${metric}: ${estimate(found)} over ${found.n} seeds, asked to be within ${margin} of 0`;
  return decided(
    found,
    text,
    found.low > -margin && found.high < margin,
    found.low > margin || found.high < -margin,
  );
}

function decided(found: Measurement, text: string, holds: boolean, fails: boolean): Finding {
  if (found.n < leastSeeds)
    return { holds: null, text: `${text}; the rule asks for ${leastSeeds} seeds; run --profile standard` };
  if (holds || fails) return { holds, text };
  return { holds: null, text: `${text}: the interval leaves it open; run --profile full for more seeds` };
}

/**
 * Whether there is anything to teach: the teacher's error, with the uncertainty of as many held examples, lies below what
 * the student makes on labels alone. Never fails: where there is nothing to teach, the claim is not tested.
 */
export function teacherIsBetter(
  evidence: Evidence,
  { sizes }: Pick<StudySpec, "sizes">,
  student = plainVariant,
): Finding {
  const [teacher, plain] = [teacherVariant, student].map((variant) =>
    evidence.find({ variant, metric: "test-error" }),
  );
  if (!teacher || !plain)
    return missing(evidence, { variant: teacher ? student : teacherVariant, metric: "test-error" });
  const high = upperError(teacher, evidence.profile, sizes);
  const better = high < plain.low;
  const errors = `the teacher errs on ${percent(teacher.value)} (at most ${percent(high)}), ${student} on ${percent(plain.value)}`;
  return {
    holds: better ? true : null,
    text: better ? errors : `${errors}: the teacher is not surely better, so there is little to teach`,
  };
}

/**
 * The verdict over conditions that are tested only where others hold: where one of those does not surely hold, the claim
 * stays open whichever way the conditions point.
 */
export function provided(preconditions: readonly Finding[], conditions: readonly Finding[]): Judgement {
  const open = preconditions.some(({ holds }) => holds !== true);
  const undecided = (finding: Finding): Finding =>
    finding.holds === null ? finding : { ...finding, holds: null };
  return allHold(open ? [...preconditions, ...conditions].map(undecided) : [...preconditions, ...conditions]);
}

/** The upper end of the teacher's error over held examples (normal approximation of the binomial), or over its seeds. */
function upperError(teacher: Measurement, profile: Profile, sizes: StudySpec["sizes"]): number {
  const { value, high } = teacher;
  return Math.max(high, value + 1.96 * Math.sqrt((value * (1 - value)) / sizes[profile].held));
}

/** The words of a rule on a paired change, as reports print them. */
export const changeRule = (variant: string, against: string): string =>
  `Test error of ${variant} less that of ${against}, same start and same batches, last epoch, over at least ${leastSeeds} seeds: ` +
  "confirmed if the 95 % interval of the mean difference lies below 0, refuted if above.";

export const teacherRule =
  " Open unless the teacher is surely better than the student on labels alone: else there is nothing to teach.";
