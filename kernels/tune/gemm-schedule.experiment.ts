/**
 * How much scheduling alone makes of plain loops, at the size that AutoKernel's tutorial uses: the same sums on the same
 * target, in another order, from registers and packed blocks. After Ragan-Kelley et al. (2013) and article 65.
 */
import type { Cell, Evidence, ExperimentRow, Judgement, Settings, Target } from "../experiment.ts";
import { bestTarget, figure, missing } from "../judge.ts";
import { comparedTargets, on } from "../targets.ts";
import { autoKernelSteps } from "./published.ts";
import { finishedOn } from "./stored-plans.ts";

export const scheduleSide = 640;
const shape = { m: scheduleSide, n: scheduleSide, k: scheduleSide };
export const scheduleWorkload = `${scheduleSide}x${scheduleSide}x${scheduleSide}`;

/** The untuned loops, and what scheduling makes of them step by step on each target. */
export const untuned = "naive-ijk";
const wasmSteps = ["blocked", "register-4x4-simd", "micro-4x4-rolled", "micro-4x4", "packed-blocked"];
export const scheduled: Readonly<Record<"js" | "wasm" | "native", readonly string[]>> = {
  js: wasmSteps,
  wasm: wasmSteps,
  // Tiles of 4 columns are narrower than its vectors. `auto` reads in place what the caches hold.
  native: ["blocked", "blocked-simd", "packed-blocked", "auto"],
};

/** What the claim says, and the rounds that the rule asks for. */
const claimed = 200;
export const claimedRounds = 15;

export const gemmSchedule: ExperimentRow = {
  id: "gemm-schedule",
  title: { en: "What scheduling alone buys", zh: "仅靠调度的收益" },
  question:
    "How many times faster than plain loops is the best schedule of the same product on the same target, and is it 200?",
  topics: ["autotuning", "gemm"],
  claims: [
    {
      claim: "scheduling-gives-200x",
      rule:
        `At ${scheduleWorkload}, on the fastest target of the run (native before wasm before js), each schedule paired over ` +
        `the plain i-j-k loops on that same target, over at least ${claimedRounds} rounds: confirmed if the 95 % interval ` +
        "of one schedule (the plan of a search included, where one is stored; threads as many as the run has) lies above " +
        "200; refuted for this runtime if those of all lie below. The plain loops run on one thread.",
      judge: judgeSchedule,
    },
  ],
  charts: [{ kind: "ladder", title: "From plain loops to the best schedule", metric: "throughput" }],
  published: [autoKernelSteps],
  plan,
};

/** The one with the largest interval decides: whoever claims 200 may choose the schedule. */
function judgeSchedule(evidence: Evidence): Judgement {
  const target = bestTarget(evidence);
  const query = { workload: scheduleWorkload, target, metric: "speed-up", against: untuned } as const;
  const ratios = evidence
    .all(query)
    .filter(({ against, n }) => against?.target === target && n >= claimedRounds)
    .sort((a, b) => b.value - a.value);
  const [best] = ratios;
  if (!best) {
    const { text } = missing(evidence, { ...query, variant: "packed-blocked" }, untuned);
    return { verdict: "inconclusive", evidence: text };
  }
  const text =
    `the fastest of ${ratios.length} schedules at ${scheduleWorkload}, ${best.variant} (${target}, ` +
    `${best.threads === 1 ? "one thread" : `${best.threads} threads`}), is ${figure(best.value)} x ` +
    `[${figure(best.low)}, ${figure(best.high)}] as fast as ${untuned}, asked to be ${claimed}`;
  if (ratios.some(({ low }) => low > claimed)) return { verdict: "confirmed", evidence: text };
  if (ratios.every(({ high }) => high < claimed)) return { verdict: "refuted", evidence: text };
  const open = `${text}: the interval leaves it open; more rounds (--profile full) narrow it`;
  return { verdict: "inconclusive", evidence: open };
}

function plan(settings: Settings): readonly Cell[] {
  const targets = comparedTargets(settings);
  const variants = targets.flatMap((target) => on(target, [untuned, ...schedulesOn(target, settings)]));
  return targets.length === 0
    ? []
    : [{ workload: scheduleWorkload, variants, seconds: 20 * targets.length, silence: 120 }];
}

/** The steps, the plan that a search found, and the last step on all threads of the run. */
function schedulesOn(target: Target, settings: Settings): readonly string[] {
  if (target === "peer") return [];
  const steps = scheduled[target];
  const last = { variant: steps.at(-1) as string, target };
  const threads = target === "js" ? 1 : settings.threads;
  const finished = finishedOn({ ...settings, ...(threads && { threads }) }, last, shape);
  return [...steps, ...finished.map(({ variant }) => variant)];
}
