/**
 * A metric over a number that stands in the names of variants (block sizes) or of workloads (sides): one line a series,
 * named at its end, the best point of each marked.
 */
import type { ChartHint } from "../../kernels/experiment.ts";
import { betterOf, formatMetric, type Scale, scaleOf, withScale } from "../numbers.ts";
import { type Axis, logDomain, logTicks, positionOn, spread } from "./axis.ts";
import { axisTitle, type Drawing, haloedText, inWords, specOf } from "./drawing.ts";
import { byWorkload, type ChartSource, type Point, pointsOf } from "./points.ts";
import { ink, palette, plot } from "./theme.ts";

interface Swept extends Point {
  readonly x: number;
}

interface Series {
  readonly name: string;
  readonly colour: string;
  readonly points: readonly Swept[];
}

/** A wider span than this is drawn on a logarithmic axis, where its small end can still be read. */
const linearSpan = 20;
/** Distance of names at the ends of lines, in pixels. */
const nameDistance = 16;
/** Room to the right of the lines for their names. */
const roomForNames = 190;

export function sweepCharts(hint: ChartHint, source: ChartSource): readonly Drawing[] {
  const points = pointsOf(source, hint).flatMap((point) => swept(hint, point));
  // Variants of different workloads are compared within their workload only.
  const groups: [string, Swept[]][] =
    hint.x?.from === "workload" ? [["", points]] : ([...byWorkload(points)] as [string, Swept[]][]);
  const drawn = groups
    .map(([part, group]) => ({ part, series: seriesOf(hint, group) }))
    .filter(({ series }) => series.length > 0);
  return drawn.map(({ part, series }) => sweep(hint, part, series));
}

function swept(hint: ChartHint, point: Point): Swept[] {
  const name = hint.x?.from === "workload" ? point.workload : point.variant;
  const x = Number(/\d+(\.\d+)?/.exec(name)?.[0] ?? Number.NaN);
  return x > 0 ? [{ ...point, x }] : [];
}

/** Series by variant (x from the workload) or by target (x from the variant); a line needs two points. */
function seriesOf(hint: ChartHint, points: readonly Swept[]): Series[] {
  const nameOf = (point: Swept): string =>
    hint.x?.from === "workload"
      ? point.label
      : `${point.variant.replace(/\d+(\.\d+)?/, "N")} (${point.target})`;
  return [...Map.groupBy(points, nameOf)]
    .map(([name, own]) => ({ name, points: own.toSorted((a, b) => a.x - b.x) }))
    .filter((each) => new Set(each.points.map((point) => point.x)).size > 1)
    .map((each, at) => ({ ...each, colour: palette[at % palette.length] ?? palette[0] }));
}

function sweep(hint: ChartHint, part: string, series: readonly Series[]): Drawing {
  const points = series.flatMap((each) => each.points);
  const scale = scaleOf(hint.metric, middle(points.map((point) => point.value)));
  const axis = valueAxis(points, scale.factor);
  const width = plot.width - (series.length > 1 ? roomForNames : 0);
  const xs = [...new Set(points.map((point) => point.x))].sort((a, b) => a - b);
  const xScale = { type: "log", base: 2, domain: logDomain(xs, 1.15), nice: false };
  const x = {
    field: "x",
    type: "quantitative",
    scale: xScale,
    axis: { title: hint.x?.title ?? "", values: xs, format: ",~r", grid: false, labelOverlap: true },
  };
  const y = {
    field: "value",
    type: "quantitative",
    scale: { type: axis.type, domain: axis.domain, nice: false },
    axis: {
      title: axisTitle(hint.metric, scale),
      format: ",~r",
      ...(axis.type === "log" && { values: logTicks(axis.domain) }),
    },
  };
  const values = series.flatMap(({ name, colour, points: own }) =>
    own.map((point) => ({
      name,
      colour,
      x: point.x,
      value: point.value * scale.factor,
      low: point.low * scale.factor,
      high: point.high * scale.factor,
      best: hint.x?.from === "variant" && point === bestOf(hint.metric, own),
      figure: series.length === 1 ? withScale(point.value, { ...scale, suffix: "" }) : "",
    })),
  );
  const better = betterOf(hint.metric);
  const timed = points.some((point) => !point.exact) ? "median and 95 % interval" : "";
  const direction = better === "neither" ? "" : `${better} is better`;
  const subtitle = [part, timed, direction].filter(Boolean).join("; ");
  return {
    title: hint.title,
    part,
    alt: inWords({ ...hint, title: part ? `${hint.title} (${part})` : hint.title }, points),
    sentence: sentenceOf(hint, part, series),
    spec: specOf(hint.title, subtitle, {
      width,
      height: plot.height,
      data: { values },
      layer: [
        {
          mark: { type: "line", strokeWidth: 2 },
          encoding: { x, y, color: { field: "colour", type: "nominal", scale: null } },
        },
        {
          mark: { type: "rule", color: ink.text, strokeWidth: 1.5 },
          encoding: { x, y: { ...y, field: "low" }, y2: { field: "high" } },
        },
        {
          mark: { type: "point", filled: true, opacity: 1, size: 64, strokeWidth: 2 },
          encoding: { x, y, color: { field: "colour", type: "nominal", scale: null } },
        },
        {
          transform: [{ filter: "datum.best" }],
          mark: { type: "point", filled: false, opacity: 1, size: 220, strokeWidth: 2, color: ink.ceiling },
          encoding: { x, y },
        },
        ...haloedText(
          { baseline: "bottom", dy: -12 },
          { x, y: { ...y, field: "high" }, text: { field: "figure" } },
        ),
        ...(series.length > 1 ? [names(series, axis, scale, width)] : []),
      ],
    }),
  };
}

/** Names of the series at the right ends of their lines, pushed apart. */
function names(series: readonly Series[], axis: Axis, scale: Scale, width: number): object {
  const last = series.map(({ points }) => points.at(-1)?.value ?? 0);
  const heights = spread(
    last.map((value) => positionOn(axis, value * scale.factor)),
    nameDistance,
    axis.length,
  );
  return {
    data: {
      values: series.map(({ name, colour }, at) => ({
        name,
        colour,
        height: axis.length - (heights[at] ?? 0),
      })),
    },
    mark: { type: "text", align: "left", baseline: "middle", fontWeight: 600, limit: roomForNames },
    encoding: {
      x: { value: width + 8 },
      y: { field: "height", type: "quantitative", scale: null },
      color: { field: "colour", type: "nominal", scale: null },
      text: { field: "name" },
    },
  };
}

/** Linear from zero, or logarithmic where the values span decades. */
function valueAxis(points: readonly Swept[], factor: number): Axis {
  const lows = points.map((point) => point.low * factor);
  const highs = points.map((point) => point.high * factor);
  const [low, high] = [Math.min(...lows), Math.max(...highs)];
  if (low > 0 && high / low > linearSpan) {
    return { type: "log", domain: logDomain([...lows, ...highs], 1.4), length: plot.height };
  }
  return { type: "linear", domain: [0, high > 0 ? high * 1.12 : 1], length: plot.height };
}

function bestOf(metric: string, points: readonly Swept[]): Swept | undefined {
  const better = betterOf(metric);
  if (better === "neither") return undefined;
  const direction = better === "lower" ? 1 : -1;
  return points.toSorted((a, b) => direction * (a.value - b.value))[0];
}

function middle(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

function sentenceOf(hint: ChartHint, part: string, series: readonly Series[]): string {
  const title = hint.x?.title ?? "";
  const sentences = series.map(({ name, points }) => {
    const best = bestOf(hint.metric, points);
    const [first, last] = [points[0], points.at(-1)];
    const inWords = (point: Swept): string => `${formatMetric(hint.metric, point.value)} at ${point.x}`;
    const ends = [first, last].filter((point) => point !== undefined);
    if (hint.x?.from === "workload" || !best) return `${name} has ${ends.map(inWords).join(" and ")}`;
    const of = series.length > 1 ? ` of ${name}` : "";
    // A best at an end of the range may not be the best that there is.
    const place = best === first ? ", the smallest tried," : best === last ? ", the largest tried," : "";
    const others = ends.filter((end) => end !== best).map(inWords);
    return `the best ${title}${of} is ${best.x}${place} with ${formatMetric(hint.metric, best.value)} (${others.join(" and ")})`;
  });
  return `${part ? `${part}: ` : ""}${sentences.join("; ")}.`;
}
