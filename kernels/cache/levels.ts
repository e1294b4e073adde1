/**
 * Which cache levels a machine shows: the cell that times dependent loads over growing footprints, and how its
 * figures are read. Light, because rules and plans need it; the timed walk itself is in `latency.ts`.
 */
import type { Cell, Evidence, Target, VariantRef } from "../experiment.ts";

/**
 * Dependent loads of one timed call: 64 passes (32 at 1 MiB), so that the first one, which fetches what other footprints evicted,
 * counts little; bounded so that the smallest last long enough to time and the largest do not take the whole second.
 */
export function chaseSteps(bytes: number): number {
  return Math.min(2 ** 19, Math.max(2 ** 16, bytes));
}

/**
 * Footprints in KiB, two in each doubling: below the smallest first-level caches and, at 4 MiB, beyond the
 * second-level caches of server cores. A shared last level is not looked for: neighbours use it too.
 */
const footprintsKiB = [
  8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024, 1536, 2048, 3072, 4096,
];

export const levelsWorkload = "dependent loads";

/** The cell in which an experiment measures cache levels for its own rules. */
export function levelsCell(target: Target): Cell {
  return {
    workload: levelsWorkload,
    variants: footprints.map(({ variant }) => ({ variant, target })),
    seconds: 2,
  };
}

/** Every footprint: its variant, its size and the dependent loads of one timed call. */
export const footprints = footprintsKiB.map((size) => ({
  variant: `chase-${size}KiB`,
  bytes: size * 1024,
  steps: chaseSteps(size * 1024),
}));

/** Footprint in bytes of a variant of `levelsCell`. */
export function chaseBytes({ variant }: VariantRef): number {
  const size = /^chase-(\d+)KiB$/.exec(variant)?.[1];
  if (!size) throw new RangeError(`expected a variant such as chase-32KiB; found ${variant}`);
  return Number(size) * 1024;
}

/** Capacities in bytes of the levels that the evidence shows, smallest first; undefined where not measured. */
export function levelsIn(evidence: Evidence): readonly number[] | undefined {
  const times = evidence.all({ workload: levelsWorkload, metric: "time" });
  if (times.length === 0) return undefined;
  const points = times.map((m) => ({ bytes: chaseBytes(m), seconds: m.value / chaseSteps(chaseBytes(m)) }));
  return measuredLevels(points.sort((a, b) => a.bytes - b.bytes));
}

/** `32 KiB, 1 MiB`: capacities as a person reads them. */
export function capacityList(levels: readonly number[]): string {
  return levels
    .map((bytes) => (bytes < 2 ** 20 ? `${bytes / 1024} KiB` : `${bytes / 2 ** 20} MiB`))
    .join(", ");
}

/** Time of one dependent load at one footprint. */
export interface LatencyPoint {
  readonly bytes: number;
  readonly seconds: number;
}

/** A step this high ends a level: neighbouring levels differ by 3x and more, noise and page effects by far less. */
const stepRatio = 1.5;
/**
 * Growth below this from one footprint to the next counts as a plateau, on which the next level is based. Flatter
 * than the slow climb of virtual machines beyond their second level, which is no level of its own.
 */
const plateauRatio = 1.1;

/**
 * Capacities in bytes of the levels whose end was seen, smallest first: the largest footprint before each step.
 * @param points ascending in bytes
 */
export function measuredLevels(points: readonly LatencyPoint[]): readonly number[] {
  const levels: number[] = [];
  let base = Number.POSITIVE_INFINITY;
  let climbing = false;
  for (let i = 0; i + 1 < points.length; i++) {
    const here = points[i] as LatencyPoint;
    const next = points[i + 1] as LatencyPoint;
    if (climbing && next.seconds < here.seconds * plateauRatio) {
      climbing = false;
      base = Number.POSITIVE_INFINITY;
    }
    if (climbing) continue;
    base = Math.min(base, here.seconds);
    if (next.seconds > base * stepRatio) {
      levels.push(here.bytes);
      climbing = true;
    }
  }
  return levels;
}
