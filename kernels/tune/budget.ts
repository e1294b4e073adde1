/** How long a search may take, by profile, and how many plans are measured side by side. */
import type { Profile, Target } from "../experiment.ts";
import type { GemmShape } from "../gemm/arguments.ts";
import type { Budget } from "./search.ts";

/** Seconds of a whole search and the plans that it tries at the most. `quick` must end within 20 seconds on a busy machine. */
const profiles: Readonly<Record<Profile, { readonly seconds: number; readonly trials: number }>> = {
  quick: { seconds: 12, trials: 96 },
  standard: { seconds: 60, trials: 400 },
  full: { seconds: 300, trials: 2000 },
};

/** GFLOP/s that candidates reach on a common machine: for the length of a call before any was made. */
const expectedRate: Readonly<Record<Target, number>> = { js: 1, wasm: 30, native: 80, peer: 80 };

/** Seconds that the process of a batch takes to start, to make operands and to check the default plan. */
const batchOverhead = 0.8;
/** A candidate is compiled, checked and warmed up, up to three times. */
const leastForCandidate = 0.12;
/** Calls of a candidate in a batch: its check, its warm-up, a few rounds, and more for the better ones. */
const callsForCandidate = 10;
/** The two last stages: two processes, warm-ups, and the seconds that both may sample. */
const lastOverhead = 4.5;
/** Calls that they make at the least: five plans for 9 rounds, two for 15. */
const lastCalls = 75;

/** The budget of a search; `seconds` overrides that of the profile. */
export function budgetFor(
  shape: GemmShape,
  target: Target,
  profile: Profile,
  seconds: number = profiles[profile].seconds,
): Budget {
  const call = (2 * shape.m * shape.n * shape.k) / (expectedRate[target] * 1e9);
  const forCandidate = Math.max(leastForCandidate, callsForCandidate * call);
  // A fifth of the time for a batch: the model learns from each, so a few small ones beat one large one.
  const batch = Math.floor(Math.max(0, seconds / 5 - batchOverhead) / forCandidate);
  return {
    seconds,
    trials: profiles[profile].trials,
    batch: Math.min(12, Math.max(4, batch)),
    reserve: (measured = call) => lastOverhead + lastCalls * measured,
  };
}
