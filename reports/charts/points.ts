/**
 * What charts draw: the values of one metric, contestants apart from ceilings, each with its label. Every kind of chart
 * chooses from the measurements of an experiment here, so that all leave out and name alike.
 */

import type { StoredTraining } from "../../catalog/ledger.ts";
import type { ChartHint, Measurement, VariantRef } from "../../kernels/experiment.ts";
import { isCeiling, sameVariant } from "../../kernels/variant.ts";

/** A contestant's value in one cell. */
export interface Point extends VariantRef {
  readonly workload: string;
  readonly value: number;
  readonly low: number;
  readonly high: number;
  readonly exact: boolean;
  /** The variant's name, with its target where the chart has several. */
  readonly label: string;
}

/** Everything that a chart may look at: the measurements of one experiment, and of the whole run for ceilings. */
export interface ChartSource {
  readonly measurements: readonly Measurement[];
  readonly all: readonly Measurement[];
  /** Trainings of the experiment, with their curves. */
  readonly trainings?: readonly StoredTraining[];
}

/** The values that a chart shows, in the order in which they were measured; wrong results have none. */
export function pointsOf(
  source: ChartSource,
  { metric, variants = "" }: Pick<ChartHint, "metric" | "variants">,
): Point[] {
  const chosen = source.measurements.filter(
    (m) =>
      m.metric === metric &&
      !isCeiling(m) &&
      m.variant.startsWith(variants) &&
      m.correct !== false &&
      [m.value, m.low, m.high].every(Number.isFinite),
  );
  const severalTargets = new Set(chosen.map((m) => m.target)).size > 1;
  const points = new Map<string, Point>();
  for (const m of chosen) {
    const { workload, variant, target, value, low, high } = m;
    const label = severalTargets ? `${variant} (${target})` : variant;
    // A ratio against several others counts once: the first is what the comparison was made against.
    const key = JSON.stringify([workload, variant, target]);
    if (points.has(key)) continue;
    points.set(key, { workload, variant, target, value, low, high, exact: m.kind === "exact", label });
  }
  return [...points.values()];
}

/** Points by workload, in order of appearance. */
export function byWorkload(points: readonly Point[]): Map<string, Point[]> {
  return Map.groupBy(points, (point) => point.workload);
}

/**
 * The ceiling of a metric in a cell: the highest of the same cell (most threads, widest vectors), else the first that
 * the run measured anywhere.
 */
export function ceilingOf(source: ChartSource, metric: string, workload: string): Measurement | undefined {
  const ceilings = (of: readonly Measurement[]): Measurement[] =>
    of.filter((m) => isCeiling(m) && m.metric === metric && m.value > 0);
  const own = ceilings(source.measurements);
  const here = own.filter((m) => m.workload === workload);
  const most = here.reduce<Measurement | undefined>(
    (best, m) => (best && best.value >= m.value ? best : m),
    undefined,
  );
  return most ?? own[0] ?? ceilings(source.all)[0];
}

/** The lower ceilings of the cell: what variants on fewer threads or narrower vectors are measured by. */
export function lowerCeilings(source: ChartSource, ceiling: Measurement): readonly Measurement[] {
  return source.measurements.filter(
    (m) =>
      isCeiling(m) &&
      m.metric === ceiling.metric &&
      m.workload === ceiling.workload &&
      !sameVariant(m, ceiling) &&
      m.value > 0,
  );
}

/** Another metric of the same variant in the same cell. */
export function otherFigure(
  source: ChartSource,
  point: Pick<Point, "workload" | "variant" | "target">,
  metric: string,
): number | undefined {
  return source.measurements.find(
    (m) =>
      m.metric === metric &&
      m.workload === point.workload &&
      m.variant === point.variant &&
      m.target === point.target,
  )?.value;
}
