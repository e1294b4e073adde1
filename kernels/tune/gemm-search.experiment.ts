/**
 * Whether a search finds a schedule at least as fast as the one that was picked by hand with reasons, on three products
 * of different form: a square one, one as in BERT-base with short sequences, and one with a short sum.
 */
import type { Cell, Evidence, ExperimentRow, Judgement, Settings } from "../experiment.ts";
import { allHold, bestTarget, describe, type Finding, missing, ratioIn } from "../judge.ts";
import { sameMargin } from "../measure/statistics/difference.ts";
import { comparedTargets, on } from "../targets.ts";

export const searchedShapes = [
  { m: 256, n: 256, k: 256 },
  { m: 128, n: 768, k: 768 },
  { m: 512, n: 512, k: 64 },
] as const;

export const searchWorkloads = searchedShapes.map(({ m, n, k }) => `${m}x${n}x${k}`);

/** The plan that was found, measured again in fresh samples under a name of its own. */
export const searchedVariant = "searched";
/** What runs where no search was made: the plan that suits the shape. */
export const defaultVariant = "auto";

/** What the claim's test names, and the rounds of the last comparison. */
export const evaluations = 60;
export const claimedRounds = 15;

export const gemmSearch: ExperimentRow = {
  id: "gemm-search",
  title: { en: "A search against the hand-picked plan", zh: "自动搜索与手选方案" },
  question:
    "Does a search of 60 plans find one at least as fast as the default, whose every number has its reason?",
  topics: ["autotuning", "gemm"],
  claims: [
    {
      claim: "search-beats-default-schedule",
      rule:
        `A search by mutation, crossover and random draws with ${evaluations} evaluations at each of ${searchWorkloads.join(", ")}; ` +
        `what it found on the fastest target of the run (native before wasm before js) is measured again beside \`${defaultVariant}\`, the default, over at least ${claimedRounds} fresh rounds. Confirmed if at ` +
        "each shape the 95 % interval of the paired ratio lies above 0.98 (no slower, within 2 %) and at one at least " +
        "above 1; refuted if at one shape it lies below 0.98, or at all of them below 1.02 and nowhere above 1.",
      judge: judgeSearch,
    },
  ],
  charts: [
    { kind: "search", title: "The best plan so far, trial by trial", metric: "speed-up", variants: "tuned-" },
    {
      kind: "scatter",
      title: "What the cost model expects, and what was measured",
      metric: "speed-up",
      variants: "tuned-",
      against: "expected-speed-up",
    },
  ],
  plan,
};

function judgeSearch(evidence: Evidence): Judgement {
  const target = bestTarget(evidence);
  const ratios = searchWorkloads.map((workload) => {
    const query = { workload, target, variant: searchedVariant, against: defaultVariant };
    const ratio = ratioIn(evidence, query);
    const enough = ratio && ratio.n >= claimedRounds;
    return { query, ratio: enough ? ratio : undefined };
  });
  const noSlower = ratios.map(({ query, ratio }): Finding => {
    if (!ratio) return missing(evidence, { ...query, metric: "speed-up" }, defaultVariant);
    const holds = ratio.low > 1 - sameMargin ? true : ratio.high < 1 - sameMargin ? false : null;
    return { holds, text: `${describe(ratio)}, asked to be no slower within 2 %` };
  });
  const found = ratios.flatMap(({ ratio }) => (ratio ? [ratio] : []));
  const gains = found.filter(({ low }) => low > 1).length;
  const none = found.length === ratios.length && found.every(({ high }) => high < 1 + sameMargin);
  const faster: Finding = {
    holds: gains > 0 ? true : none ? false : null,
    text: `surely faster at ${gains} of ${ratios.length} shapes, asked for one`,
  };
  return allHold([...noSlower, faster]);
}

function plan(settings: Settings): readonly Cell[] {
  const targets = comparedTargets(settings);
  if (targets.length === 0) return [];
  return searchWorkloads.map((workload) => ({
    workload,
    variants: targets.flatMap((target) => on(target, [defaultVariant, searchedVariant])),
    seconds: 14 * targets.length,
  }));
}
