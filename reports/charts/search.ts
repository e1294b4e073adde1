/**
 * A search as it went: every trial as a point in the order in which it was measured, and the best so far as a staircase
 * above them. What the staircase still gains at its end says whether the search was long enough.
 */
import type { ChartHint } from "../../kernels/experiment.ts";
import { formatMetric } from "../numbers.ts";
import { type Drawing, inWords, specOf } from "./drawing.ts";
import { byWorkload, type ChartSource, type Point, pointsOf } from "./points.ts";
import { ink, palette, plot } from "./theme.ts";

export function searchCharts(hint: ChartHint, source: ChartSource): readonly Drawing[] {
  return [...byWorkload(pointsOf(source, hint))]
    .filter(([, points]) => points.length > 1)
    .map(([workload, points]) => drawing(hint, workload, points));
}

interface Step {
  readonly trial: number;
  readonly value: number;
  readonly best: number;
}

/** Trials counted from 1, each with the best value up to it; higher is better. */
export function stepsOf(points: readonly Pick<Point, "value">[]): Step[] {
  let best = Number.NEGATIVE_INFINITY;
  return points.map(({ value }, at) => {
    best = Math.max(best, value);
    return { trial: at + 1, value, best };
  });
}

function drawing(hint: ChartHint, workload: string, points: readonly Point[]): Drawing {
  const steps = stepsOf(points);
  const last = steps.at(-1) as Step;
  const reached = steps.find(({ best }) => best === last.best) as Step;
  const winner = points[reached.trial - 1] as Point;
  const x = { field: "trial", type: "quantitative", axis: { title: "trial", grid: false, tickMinStep: 1 } };
  const y = (field: string): object => ({
    field,
    type: "quantitative",
    scale: { zero: false },
    axis: { title: "speed-up over the default plan" },
  });
  const best = formatMetric(hint.metric, last.best);
  return {
    title: hint.title,
    part: workload,
    alt: inWords({ ...hint, title: `${hint.title} (${workload})` }, points),
    sentence: `${workload}: the best of ${steps.length} trials is ${winner.label} with ${best}, found as number ${reached.trial}.`,
    spec: specOf(hint.title, `${workload}; medians of few rounds; higher is better`, {
      width: plot.width,
      height: plot.height,
      data: { values: steps },
      layer: [
        {
          mark: { type: "rule", color: ink.ceiling, strokeDash: [4, 4] },
          encoding: { y: { datum: 1 } },
        },
        {
          mark: { type: "line", interpolate: "step-after", strokeWidth: 2, color: palette[0] },
          encoding: { x, y: y("best") },
        },
        {
          mark: { type: "point", filled: true, opacity: 0.7, size: 36, color: palette[1] },
          encoding: { x, y: y("value") },
        },
      ],
    }),
  };
}
