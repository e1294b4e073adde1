/** The rules of `gemm-tiling`, apart from its row because each reads several sizes. Light: no kernel is loaded. */
import { capacityBytes, l1Geometry } from "../cache/geometry.ts";
import { capacityList, levelsIn, levelsWorkload } from "../cache/levels.ts";
import type { Evidence, Judgement, Measurement, Target } from "../experiment.ts";
import {
  above,
  allHold,
  describe,
  type Finding,
  figure,
  judgedTarget,
  missing,
  tried,
  triedRatio,
} from "../judge.ts";
import { cube, sideOf } from "./cubes.ts";

/** What `tiling-avoids-rereading` asks for, and the sides that it is judged at. */
export const claimedRounds = 15;
const claimedSides = [512, 768] as const;
/** The largest side at which one matrix (4 n^2 bytes) still fits the simulated 32 KiB: 64 of the sizes measured. */
const insideSide = 64;
const beyondSide = 1024;

/** Rule of `three-loops-are-cache-unfriendly`. */
export function judgePlainLoop(evidence: Evidence): Judgement {
  const target = judgedTarget(evidence);
  return allHold([
    rise(evidence, target, "time", (m) => sideOf(m.workload) ** 3),
    rise(evidence, target, "misses-per-mac", () => 1),
  ]);
}

const leastRise = 1.5;

/** Whether a metric of the plain loop, divided by `work`, rises by at least 1.5x from inside the cache to beyond. */
function rise(
  evidence: Evidence,
  target: Target,
  metric: string,
  work: (measurement: Measurement) => number,
): Finding {
  const query = { variant: "naive-ijk", target, metric } as const;
  return tried(evidence, { ...query, workload: cube(insideSide) }, (inside) =>
    tried(evidence, { ...query, workload: cube(beyondSide) }, (beyond) => {
      const scale = work(inside) / work(beyond);
      const low = (beyond.low / inside.high) * scale;
      const high = (beyond.high / inside.low) * scale;
      const rises = `${metric} per multiply-add rises by ${figure((beyond.value / inside.value) * scale)}x`;
      const text = `${metric === "time" ? rises : rises.replace(" per multiply-add", "")} [${figure(low)}, ${figure(high)}] from ${insideSide} to ${beyondSide}, asked 1.5x (${target})`;
      return { holds: low >= leastRise ? true : high < leastRise ? false : null, text };
    }),
  );
}

/** Rule of `tiling-avoids-rereading`: faster than both plain loops, and misses that fall as 1/block. */
export function judgeRereading(evidence: Evidence): Judgement {
  const target = judgedTarget(evidence);
  const faster = claimedSides.flatMap((n) =>
    ["naive-ijk", "loop-ikj"].map((against) => {
      const query = { workload: cube(n), variant: "blocked", target, against };
      return triedRatio(evidence, query, (m) => above(m, 1, { rounds: claimedRounds }));
    }),
  );
  return allHold([...faster, missTrend(evidence)]);
}

/** Whether misses fall as 1/block over the traced blocks of which three fit the simulated cache. */
function missTrend(evidence: Evidence): Finding {
  const points = evidence
    .all({ metric: "cache-misses" })
    .map((m) => ({ block: Number(/^blocked-(\d+)$/.exec(m.variant)?.[1] ?? Number.NaN), misses: m.value }))
    .filter(({ block }) => 3 * block * block * 4 <= capacityBytes(l1Geometry));
  if (points.length < 3) return missing(evidence, { variant: "blocked-16", metric: "cache-misses" });
  const slope = logSlope(points.map(({ block, misses }) => [block, misses]));
  const counts = points.map(({ block, misses }) => `${block}: ${misses}`).join(", ");
  const text = `misses by block ${counts}: log-log slope ${figure(slope)}, predicted -1`;
  const holds = Math.abs(slope + 1) <= 0.25 ? true : Math.abs(slope + 1) > 0.5 ? false : null;
  return { holds, text: holds === null ? `${text}; trace more block sizes to settle it` : text };
}

/** Least-squares slope of log y over log x. */
export function logSlope(points: readonly (readonly [number, number])[]): number {
  const logs = points.map(([x, y]) => [Math.log(x), Math.log(y)] as const);
  const meanX = logs.reduce((sum, [x]) => sum + x, 0) / logs.length;
  const meanY = logs.reduce((sum, [, y]) => sum + y, 0) / logs.length;
  const covariance = logs.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0);
  return covariance / logs.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
}

/** Rule of `blocking-pays-beyond-cache`. */
export function judgeGrowth(evidence: Evidence): Judgement {
  const target = judgedTarget(evidence);
  const query = { variant: "blocked", target, against: "naive-ijk" };
  const speedUps = evidence
    .all({ ...query, metric: "speed-up" })
    .filter((measurement) => measurement.against?.target === target);
  return allHold([
    triedRatio(evidence, { ...query, workload: cube(insideSide) }, (inside) =>
      triedRatio(evidence, { ...query, workload: cube(beyondSide) }, (beyond) => grows(inside, beyond)),
    ),
    startsNearLevel(evidence, speedUps),
  ]);
}

function grows(inside: Measurement, beyond: Measurement): Finding {
  const holds = beyond.low > inside.high ? true : beyond.value <= inside.value ? false : null;
  const text = `${describe(beyond)}, asked to lie above ${describe(inside)}`;
  return {
    holds,
    text: holds === null ? `${text}: the intervals overlap; more rounds (--profile full) narrow them` : text,
  };
}

/** How far, as a ratio, a level may lie outside the bracket of working sets between which the rise starts. */
const nearRatio = 2;

function startsNearLevel(evidence: Evidence, speedUps: readonly Measurement[]): Finding {
  const levels = levelsIn(evidence);
  if (!levels) return missing(evidence, { workload: levelsWorkload, metric: "time" });
  if (levels.length === 0) {
    return {
      holds: null,
      text: "no cache level showed in the time of dependent loads; run on a quieter machine",
    };
  }
  const bySide = [...speedUps].sort((a, b) => sideOf(a.workload) - sideOf(b.workload));
  const inside = bySide.find((m) => m.workload === cube(insideSide));
  const first = bySide.findIndex((m) => inside !== undefined && m.low > inside.high);
  const [before, after] = [bySide[first - 1], bySide[first]];
  if (!before || !after) {
    return { holds: null, text: "the speed-up has not begun to rise at the sizes measured" };
  }
  const [from, to] = [workingSet(before), workingSet(after)];
  const near = levels.some((level) => level * nearRatio >= from && level <= to * nearRatio);
  const bracket = `${capacityList([from])} to ${capacityList([to])} in three matrices`;
  const text = `the rise starts between ${before.workload} and ${after.workload} (${bracket}), measured levels ${capacityList(levels)}`;
  return { holds: near, text };
}

/** Bytes of A, B and C in float32. */
function workingSet({ workload }: Measurement): number {
  return 3 * 4 * sideOf(workload) ** 2;
}

/** Rule of `register-blocking-4x4-pays`. */
export function judgeRegisterBlock(evidence: Evidence): Judgement {
  const target = judgedTarget(evidence);
  return allHold(
    [256, 512, 1024].map((n) => {
      const query = { workload: cube(n), variant: "register-4x4", target, against: "naive-ijk" };
      return triedRatio(evidence, query, exceedsTwo);
    }),
  );
}

/** The claim's own wording: the estimate exceeds 2x, the interval lies above 1. */
function exceedsTwo(m: Measurement): Finding {
  const text = `${describe(m)}, asked to exceed 2 with an interval above 1`;
  if (m.value > 2 && m.low > 1) return { holds: true, text };
  if (m.high <= 2) return { holds: false, text };
  return {
    holds: null,
    text: `${text}: the interval leaves it open; more rounds (--profile full) narrow it`,
  };
}
