/**
 * One metric over another of the same variants: what was expected and what was measured. Where the points rise together
 * the expectation ranks well; on the diagonal it is right.
 */
import type { ChartHint } from "../../kernels/experiment.ts";
import { metricTitle } from "../numbers.ts";
import { logDomain, logTicks } from "./axis.ts";
import { type Drawing, specOf } from "./drawing.ts";
import { byWorkload, type ChartSource, otherFigure, type Point, pointsOf } from "./points.ts";
import { ink, palette, plot } from "./theme.ts";

export function scatterCharts(hint: ChartHint, source: ChartSource): readonly Drawing[] {
  return [...byWorkload(pointsOf(source, hint))].flatMap(([workload, points]) => {
    const pairs = points.flatMap((point) => pairOf(hint, source, point));
    return pairs.length > 1 ? [drawing(hint, workload, pairs)] : [];
  });
}

interface Pair {
  readonly label: string;
  readonly x: number;
  readonly y: number;
}

function pairOf({ against = "" }: ChartHint, source: ChartSource, point: Point): Pair[] {
  const x = otherFigure(source, point, against);
  return x !== undefined && x > 0 && point.value > 0 ? [{ label: point.label, x, y: point.value }] : [];
}

function drawing(hint: ChartHint, workload: string, pairs: readonly Pair[]): Drawing {
  const domain = logDomain(
    pairs.flatMap(({ x, y }) => [x, y]),
    1.1,
  );
  const axis = (metric: string): object => ({
    type: "quantitative",
    // One scale for both, so that the diagonal is where both agree.
    scale: { type: "log", domain, nice: false },
    axis: { title: metricTitle(metric), values: logTicks(domain), format: ",~r" },
  });
  const expected = metricTitle(hint.against ?? "");
  const nearest = pairs.filter(({ x, y }) => Math.abs(Math.log(y / x)) <= Math.log(1.1)).length;
  const listed = pairs
    .map(({ label, x, y }) => `${label} ${x.toPrecision(3)}, ${y.toPrecision(3)}`)
    .join("; ");
  return {
    title: hint.title,
    part: workload,
    alt: `${hint.title} (${workload}). ${listed}.`,
    sentence: `${workload}: ${nearest} of ${pairs.length} lie within 10 % of the diagonal, where ${expected} is what was measured.`,
    spec: specOf(hint.title, `${workload}; on the diagonal both agree`, {
      width: plot.height,
      height: plot.height,
      data: { values: pairs },
      layer: [
        {
          data: {
            values: [
              { x: domain[0], y: domain[0] },
              { x: domain[1], y: domain[1] },
            ],
          },
          mark: { type: "line", color: ink.ceiling, strokeDash: [4, 4] },
          encoding: {
            x: { field: "x", ...axis(hint.against ?? "") },
            y: { field: "y", ...axis(hint.metric) },
          },
        },
        {
          mark: { type: "point", filled: true, opacity: 0.7, size: 36, color: palette[0] },
          encoding: {
            x: { field: "x", ...axis(hint.against ?? "") },
            y: { field: "y", ...axis(hint.metric) },
          },
        },
      ],
    }),
  };
}
