/** Procedure of `tune-trials`: candidates beside the default plan, the poor ones sent home early. */
import type { Bench, Candidate, Cell, ComparisonOptions, Measurement, Procedure } from "../experiment.ts";
import { variantText } from "../gemm/listing.ts";
import { fullReferenceWork } from "../gemm/reference.ts";
import { gemmCandidates } from "./candidates.ts";
import { readTrialWorkload, type Stage } from "./trials.experiment.ts";

export const procedure: Procedure = { run, code: variantText };

/** One comparison of a stage: the share of candidates that take part, and for how long. */
interface Rung extends ComparisonOptions {
  readonly share: number;
  readonly mostWarmUp: number;
}

/**
 * Successive halving (Jamieson & Talwalkar 2016): of all candidates a glance, of the better half another, of the best
 * quarter a look. Three rounds tell a plan that is 20 % slower; what decides is measured again in the later stages.
 * Compilers have tiered up after the first rung, so later ones need a call or two to be warm.
 */
const rungs: Readonly<Record<Stage, readonly Rung[]>> = {
  trials: [
    { share: 1, leastRounds: 3, mostRounds: 9, seconds: 0.2, mostWarmUp: 0.07 },
    { share: 1 / 2, leastRounds: 3, mostRounds: 15, seconds: 0.2, mostWarmUp: 0.01 },
    { share: 1 / 4, leastRounds: 6, mostRounds: 21, seconds: 0.3, mostWarmUp: 0.01 },
  ],
  semifinal: [{ share: 1, leastRounds: 9, mostRounds: 31, seconds: 1, mostWarmUp: 0.15 }],
  final: [{ share: 1, leastRounds: 15, mostRounds: 61, seconds: 1.5, mostWarmUp: 0.3 }],
};

/** No compiler has to tier up for machine code: its first calls do no more than warm the caches. */
const nativeWarmUp = 0.02;

/**
 * Multiply-adds of the reference: a twentieth of a second in each process for those that mostly go home, some of the rows
 * of a large product; for the few that are left all that a reference ever covers.
 */
const referenceWork: Readonly<Record<Stage, number>> = {
  trials: fullReferenceWork / 4,
  semifinal: fullReferenceWork,
  final: fullReferenceWork,
};

async function run(cell: Cell, bench: Bench): Promise<void> {
  const { shape, element, stage } = readTrialWorkload(cell.workload);
  const [first, ...rest] = gemmCandidates(shape, element, bench.variants, bench, referenceWork[stage]);
  if (!first) return;
  let left: readonly Candidate[] = rest;
  for (const [at, { share, mostWarmUp, ...timing }] of rungs[stage].entries()) {
    const options = {
      ...timing,
      mostWarmUp: first.target === "native" ? Math.min(mostWarmUp, nativeWarmUp) : mostWarmUp,
    };
    const taking = left.slice(0, Math.ceil(rest.length * share));
    // Checked once; a later comparison of the same kernels need not do so again.
    const contestants = [first, ...taking].map(at === 0 ? whole : unchecked);
    const measured = await bench.compare(contestants, { ...options, ceiling: false });
    left = ranked(taking, measured);
    if (left.length <= 1 && stage === "trials" && rest.length > 1) break;
  }
}

const whole = (candidate: Candidate): Candidate => candidate;

function unchecked({ check: _, ...candidate }: Candidate): Candidate {
  return candidate;
}

/** The candidates that were measured, the fastest first. */
function ranked(candidates: readonly Candidate[], measured: readonly Measurement[]): Candidate[] {
  const speedUp = ({ variant }: Candidate): number | undefined =>
    measured.find((m) => m.metric === "speed-up" && m.variant === variant)?.value;
  return candidates
    .filter((candidate) => speedUp(candidate) !== undefined)
    .sort((a, b) => (speedUp(b) as number) - (speedUp(a) as number));
}
