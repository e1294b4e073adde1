/**
 * A chart before it is rendered: its specification with the same in words, so that no reader needs to see it.
 */
import type { TopLevelSpec } from "vega-lite";
import type { ChartHint } from "../../kernels/experiment.ts";
import { formatMeasurement, formatMetric, formatPercent, metricTitle, type Scale } from "../numbers.ts";
import { type ChartSource, otherFigure, type Point } from "./points.ts";
import { config, ink } from "./theme.ts";

export interface Drawing {
  readonly title: string;
  /** Every value in words: the image's text for those who do not see it. */
  readonly alt: string;
  /** What the chart shows, in one sentence. */
  readonly sentence: string;
  /** What distinguishes it from other drawings of the same hint; empty where there is one. */
  readonly part: string;
  readonly spec: TopLevelSpec;
}

/** The body of a specification: all but what every chart shares. */
type Body = Record<string, unknown>;

/** A whole specification from a title and what is drawn. */
export function specOf(title: string, subtitle: string, body: Body): TopLevelSpec {
  return {
    $schema: "https://vega.github.io/schema/vega-lite/v6.json",
    title: subtitle === "" ? title : { text: title, subtitle },
    config,
    ...body,
  } as TopLevelSpec;
}

/** `packed-blocked 36.8 GFLOP/s [35.5, 45.4]`. */
export function pointInWords(metric: string, point: Point): string {
  return `${point.label} ${formatMeasurement({ ...point, metric, kind: point.exact ? "exact" : "timed" })}`;
}

/** All points in words, workload by workload. */
export function inWords(hint: ChartHint, points: readonly Point[]): string {
  const groups = Map.groupBy(points, (point) => point.workload);
  const parts = [...groups].map(([workload, group]) => {
    const values = group.map((point) => pointInWords(hint.metric, point)).join(", ");
    return groups.size > 1 ? `${workload}: ${values}` : values;
  });
  return `${hint.title}. ${parts.join("; ")}.`;
}

/** `throughput, GFLOP/s`: the title of an axis. */
export function axisTitle(metric: string, { unit }: Scale): string {
  return unit === "" ? metricTitle(metric) : `${metricTitle(metric)}, ${unit}`;
}

/** `median 7.29 ms, 36.8 GFLOP/s, 65.5 % of peak`: a point with its other figures; undefined where it was not timed. */
export function figuresInWords(source: ChartSource, point: Point): string | undefined {
  const time = otherFigure(source, point, "time");
  if (time === undefined) return undefined;
  const rate = otherFigure(source, point, "throughput");
  const share = otherFigure(source, point, "peak-fraction");
  return [
    `median ${formatMetric("time", time)}`,
    ...(rate === undefined ? [] : [formatMetric("throughput", rate)]),
    ...(share === undefined ? [] : [`${formatPercent(share)} of peak`]),
  ].join(", ");
}

/** Text drawn twice: the first is a halo in the colour of the card, because lines pass behind it. */
export function haloedText(mark: object, encoding: object): object[] {
  const halo = { stroke: ink.card, strokeWidth: 4, strokeJoin: "round" };
  const { color: _, ...channels } = encoding as { readonly color?: object };
  return [
    { mark: { type: "text", ...mark, ...halo }, encoding: channels },
    { mark: { type: "text", ...mark }, encoding },
  ];
}
