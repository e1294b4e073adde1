/**
 * The sweep over block sizes: from blocks that are all loop overhead to blocks that no cache holds. Block sizes are
 * compared inside one cell, so they are interleaved.
 */
import { describeGeometry, l1Geometry } from "../cache/geometry.ts";
import { capacityList, levelsCell, levelsIn, levelsWorkload } from "../cache/levels.ts";
import type { Cell, Evidence, ExperimentRow, Judgement, Measurement, Settings } from "../experiment.ts";
import { allHold, describe, estimate, type Finding, judgedTarget, missing } from "../judge.ts";
import { mainTarget, on } from "../targets.ts";
import { cube } from "./cubes.ts";

/** The range that the claim names. */
export const sweptBlocks = [4, 8, 16, 32, 64, 128, 256, 512] as const;
const smallest = 4;
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

export const gemmTileSize: ExperimentRow = {
  id: "gemm-tile-size",
  title: { en: "The best block size", zh: "最佳分块大小" },
  question: "Which block size is fastest, and do three blocks of it fit a cache of this machine?",
  topics: ["tiling"],
  claims: [
    {
      claim: "tiling-has-a-best-size",
      rule:
        `Blocks ${smallest} to ${largest} at 1024x1024x1024, the fastest and all whose 95 % intervals reach its own: ` +
        "confirmed if they lie strictly inside the range and three such blocks fit a cache level measured by " +
        "dependent loads; refuted if they all are ends of the range, or three blocks of none fit a measured level.",
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
    { workload: claimed, variants: upTo(largest), seconds: 24 },
    { workload: tracedWorkload, variants: upTo(tracedSide), seconds: 3 },
  ];
}

function judge(evidence: Evidence): Judgement {
  const target = judgedTarget(evidence);
  const times = evidence
    .all({ workload: claimed, target, metric: "time" })
    .filter((m) => m.variant.startsWith("blocked-"))
    .sort((a, b) => a.value - b.value);
  const [fastest] = times;
  if (!fastest || times.length < sweptBlocks.length) {
    return allHold([missing(evidence, { workload: claimed, target, metric: "time" })]);
  }
  const contenders = times.filter((m) => m.low <= fastest.high);
  return allHold([liesInside(fastest, contenders), fitsLevel(evidence, contenders)]);
}

/** Whether the fastest block is strictly inside the range, as far as intervals tell it from its contenders. */
function liesInside(fastest: Measurement, contenders: readonly Measurement[]): Finding {
  const isEnd = ({ variant }: Measurement): boolean => [smallest, largest].includes(blockOf(variant));
  const ends = contenders.filter(isEnd).length;
  const rivals = contenders.filter((m) => m !== fastest).map((m) => `${blockOf(m.variant)} (${estimate(m)})`);
  const overlap = rivals.length > 0 ? `, not told apart from ${rivals.join(", ")}` : "";
  const text = `the fastest is ${describe(fastest)}${overlap}`;
  const holds = ends === 0 ? true : ends === contenders.length ? false : null;
  return { holds, text: holds === null ? `${text}; more rounds (--profile full) tell them apart` : text };
}

function fitsLevel(evidence: Evidence, contenders: readonly Measurement[]): Finding {
  const levels = levelsIn(evidence);
  if (!levels) return missing(evidence, { workload: levelsWorkload, metric: "time" });
  if (levels.length === 0) {
    return {
      holds: null,
      text: "no cache level showed in the time of dependent loads; run on a quieter machine",
    };
  }
  const bytesOf = ({ variant }: Measurement): number => 3 * 4 * blockOf(variant) ** 2;
  const fit = contenders.filter((m) => levels.some((level) => bytesOf(m) <= level)).length;
  const sizes = contenders.map((m) => `${bytesOf(m) / 1024} KiB`).join(", ");
  const text = `three such blocks take ${sizes}; measured levels ${capacityList(levels)}`;
  const holds = fit === contenders.length ? true : fit === 0 ? false : null;
  return { holds, text: holds === null ? `${text}: only some fit` : text };
}
