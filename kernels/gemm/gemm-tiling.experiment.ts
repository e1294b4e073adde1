/**
 * Plain against blocked loops over sizes from in-cache to far beyond: time of each, misses of each in a simulated
 * first-level cache, and how misses fall as the block grows.
 */
import { describeGeometry, l1Geometry } from "../cache/geometry.ts";
import { levelsCell } from "../cache/levels.ts";
import type { Cell, ExperimentRow, Settings } from "../experiment.ts";
import { fewestRounds } from "../judge.ts";
import { mainTarget, on } from "../targets.ts";
import { cube } from "./cubes.ts";
import {
  claimedRounds,
  judgeGrowth,
  judgePlainLoop,
  judgeRegisterBlock,
  judgeRereading,
} from "./gemm-tiling.rules.ts";
import { withPeers } from "./peer-plan.ts";

export const plainVariants = ["naive-ijk", "loop-ikj"] as const;
export const blockedVariant = "blocked";
/** Blocking for registers beside blocking for the cache. */
export const registerVariant = "register-4x4";

/** Sizes that the claims name with the seconds of each cell; a quick run stops before one call takes a tenth of a second. */
const timedSides = {
  quick: [
    [64, 1],
    [128, 1],
    [256, 2],
  ],
  standard: [
    [64, 1],
    [128, 1],
    [256, 2],
    [512, 9],
    [768, 35],
    [1024, 43],
  ],
} as const;

/**
 * Blocks whose misses are traced: whole cache lines that divide the sides below. Of the first three, three blocks fit
 * the simulated cache (3 * 48^2 * 4 B = 27 KiB); of the last they do not.
 */
export const tracedBlocks = [16, 32, 48, 96] as const;

/**
 * The product on which blocks are traced, within the sizes that the claim names. So wide that a panel of C (block x n)
 * does not fit the cache, which the prediction of 1/block supposes; 96 rows, because each panel of rows does the same;
 * rows padded by one line, because blocks of rows a power of two apart fight for a few sets.
 */
export const sweepShape = { m: 96, n: 576, k: 576, padding: 16 } as const;
export const sweepWorkload = "96x576x576 traced, padded rows";

const cacheText = describeGeometry(l1Geometry);

export const gemmTiling: ExperimentRow = {
  id: "gemm-tiling",
  title: { en: "Blocked against plain loops", zh: "分块与普通循环" },
  question: "From which size on does blocking pay, how much, and does it really avoid rereading memory?",
  topics: ["tiling", "gemm"],
  claims: [
    {
      claim: "three-loops-are-cache-unfriendly",
      rule:
        `The i-j-k loop at 1024 against 64, the largest size at which one matrix fits 32 KiB: confirmed if time and ` +
        `misses (simulated, ${cacheText}, first 48 rows of C) per multiply-add both rise by at least 1.5x, judged ` +
        "by the ends of the 95 % intervals; refuted if either surely rises by less.",
      judge: judgePlainLoop,
    },
    {
      claim: "tiling-avoids-rereading",
      rule:
        "At 512 and 768, over at least 15 interleaved rounds, the 95 % intervals of the paired speed-ups of blocked " +
        "over i-j-k and over i-k-j lie above 1; and over the traced blocks of which three fit the simulated cache, " +
        "misses fall as 1/block: slope of log misses over log block within -1 ± 0.25. Refuted if one interval lies " +
        "at or below 1 or the slope is above -0.5 or below -1.5.",
      judge: judgeRereading,
    },
    {
      claim: "register-blocking-4x4-pays",
      rule:
        "Paired speed-up of the 4x4 tile over one element at a time, at 256, 512 and 1024: confirmed if it exceeds " +
        "2x with a 95 % interval above 1 at each size, refuted if at one size the interval lies at or below 2.",
      judge: judgeRegisterBlock,
    },
    {
      claim: "blocking-pays-beyond-cache",
      rule:
        "Paired speed-up of blocked over i-j-k: confirmed if its 95 % interval at 1024 lies above that at 64, and the " +
        "rise starts near a cache level measured by dependent loads: one lies within a factor of 2 of the bracket of " +
        "working sets (three matrices) from the last size before to the first whose interval lies above that at 64. " +
        "Refuted if the estimate at 1024 is at or below that at 64, or the rise starts elsewhere.",
      judge: judgeGrowth,
    },
  ],
  charts: [
    { kind: "sweep", title: "Time by size", metric: "time", x: { from: "workload", title: "side" } },
    {
      kind: "sweep",
      title: `Misses of a ${cacheText} cache by block size`,
      metric: "cache-misses",
      x: { from: "variant", title: "block" },
    },
    {
      kind: "sweep",
      title: "Misses per multiply-add by size",
      metric: "misses-per-mac",
      x: { from: "workload", title: "side" },
    },
  ],
  plan: withPeers(plan),
};

/** Rounds of a side: those that a rule asks for, and the fewest where the plain loop takes seconds a call. */
export function leastRoundsAt(n: number, profile: Settings["profile"]): number {
  const largest = { quick: 256, standard: 768, full: Number.POSITIVE_INFINITY }[profile];
  return n <= largest ? claimedRounds : fewestRounds;
}

function plan(settings: Settings): readonly Cell[] {
  const target = mainTarget(settings);
  if (!target) return [];
  const sides = timedSides[settings.profile === "quick" ? "quick" : "standard"];
  const variants = [...plainVariants, blockedVariant, registerVariant];
  const sweep = tracedBlocks.map((block) => `${blockedVariant}-${block}`);
  return [
    // The one rule that asks for levels asks for 1024 too, which a quick run leaves out.
    ...(settings.profile === "quick" ? [] : [levelsCell(target)]),
    ...sides.map(([n, seconds]) => ({ workload: cube(n), variants: on(target, variants), seconds })),
    {
      workload: sweepWorkload,
      variants: on(target, sweep),
      seconds: 3,
    },
  ];
}
