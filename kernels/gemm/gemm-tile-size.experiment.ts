/**
 * The sweep over block sizes: from blocks that are all loop overhead to blocks that no cache holds. Block sizes are
 * compared inside one cell, so they are interleaved.
 */
import { describeGeometry, l1Geometry } from "../cache/geometry.ts";
import { capacityList, levelsCell, levelsIn, levelsWorkload } from "../cache/levels.ts";
import type { Cell, Evidence, Experiment, Judgement, Measurement, Settings } from "../experiment.ts";
import { allHold, describe, type Finding, judgedTarget, missing } from "../judge.ts";
import { mainTarget, on } from "../targets.ts";
import { cube } from "./cubes.ts";

/** The range that the claim names. */
export const sweptBlocks = [4, 8, 16, 32, 64, 128, 256, 512] as const;
const smallest = sweptBlocks[0];
const largest = 512;

const claimed = cube(1024);
/** A quick run shows the sweep on a product that takes milliseconds; the claim needs the large one. */
const quickSide = 256;

/** Misses are traced at a quarter of the timed side: every block up to it, in seconds instead of minutes. */
export const tracedSide = 256;
export const tracedWorkload = `${cube(tracedSide)} traced`;

export function blockVariant(block: number): string {
  return `blocked-${block}-simd`;
}

/** The block of a variant named by `blockVariant`. */
export function blockOf(variant: string): number {
  const block = /^blocked-(\d+)-simd$/.exec(variant)?.[1];
  if (!block) throw new RangeError(`expected a variant such as blocked-64-simd; found ${variant}`);
  return Number(block);
}

export const gemmTileSize: Experiment = {
  id: "gemm-tile-size",
  title: { en: "The best block size", zh: "最佳分块大小" },
  question: "Which block size is fastest, and do three blocks of it fit a cache of this machine?",
  topics: ["tiling"],
  claims: [
    {
      claim: "tiling-has-a-best-size",
      rule:
        `Blocks ${smallest} to ${largest} at 1024x1024x1024: confirmed if the fastest lies strictly inside (its 95 % ` +
        "interval below those of both ends) and three such blocks fit a cache level measured by dependent loads; " +
        "refuted if an end is surely the fastest, or three blocks of the fastest fit no measured level.",
      judge,
    },
  ],
  charts: [
    {
      kind: "sweep",
      title: "Time by block size",
      metric: "time",
      variants: "blocked-",
      x: { from: "variant", title: "block" },
    },
    {
      kind: "sweep",
      title: `Misses of a ${describeGeometry(l1Geometry)} cache by block size`,
      metric: "cache-misses",
      x: { from: "variant", title: "block" },
    },
  ],
  plan,
  load: async () => (await import("./gemm-tile-size.ts")).procedure,
};

function plan(settings: Settings): readonly Cell[] {
  const target = mainTarget(settings);
  if (!target) return [];
  const upTo = (largestBlock: number) =>
    on(target, sweptBlocks.filter((block) => block <= largestBlock).map(blockVariant));
  if (settings.profile === "quick") {
    return [{ workload: cube(quickSide), variants: upTo(quickSide), seconds: 2 }];
  }
  return [
    levelsCell(target),
    { workload: claimed, variants: upTo(largest), seconds: 20 },
    { workload: tracedWorkload, variants: upTo(tracedSide), seconds: 3 },
  ];
}

function judge(evidence: Evidence): Judgement {
  const target = judgedTarget(evidence);
  const times = evidence
    .all({ workload: claimed, target, metric: "time" })
    .filter((m) => m.variant.startsWith("blocked-"));
  const ends = [smallest, largest].map((block) => times.find((m) => blockOf(m.variant) === block));
  const [fastest] = [...times].sort((a, b) => a.value - b.value);
  if (!fastest || !ends[0] || !ends[1]) {
    return allHold([missing(evidence, { workload: claimed, target, metric: "time" })]);
  }
  return allHold([liesInside(fastest, times, [ends[0], ends[1]]), fitsLevel(evidence, fastest)]);
}

function liesInside(fastest: Measurement, times: readonly Measurement[], ends: Measurement[]): Finding {
  const text = `the fastest is ${describe(fastest)}; the ends are ${ends.map(describe).join(" and ")}`;
  const open = { holds: null, text: `${text}: intervals overlap; more rounds (--profile full) narrow them` };
  if (!ends.includes(fastest)) {
    return ends.every((end) => fastest.high < end.low) ? { holds: true, text } : open;
  }
  const inner = times.filter((m) => !ends.includes(m));
  return inner.every((m) => fastest.high < m.low) ? { holds: false, text } : open;
}

function fitsLevel(evidence: Evidence, fastest: Measurement): Finding {
  const levels = levelsIn(evidence);
  if (!levels) return missing(evidence, { workload: levelsWorkload, metric: "time" });
  if (levels.length === 0) {
    return {
      holds: null,
      text: "no cache level showed in the time of dependent loads; run on a quieter machine",
    };
  }
  const bytes = 3 * 4 * blockOf(fastest.variant) ** 2;
  const text = `three such blocks take ${bytes / 1024} KiB; measured levels ${capacityList(levels)}`;
  return { holds: levels.some((level) => bytes <= level), text };
}
