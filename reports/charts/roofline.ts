/**
 * The roofline (Williams, Waterman & Patterson 2009): rate over operational intensity, under the two ceilings that were
 * measured beside the variants: streaming bandwidth and the multiply-add peak.
 */
import type { ChartHint, Measurement } from "../../kernels/experiment.ts";
import { formatMetric, formatNumber, formatPercent } from "../numbers.ts";
import { type Axis, logTicks, positionOn, spread } from "./axis.ts";
import { type Drawing, haloedText, pointInWords, specOf } from "./drawing.ts";
import { byWorkload, type ChartSource, ceilingOf, otherFigure, type Point, pointsOf } from "./points.ts";
import { ink, palette, plot } from "./theme.ts";

interface Placed extends Point {
  /** Floating-point operations for each byte that must be moved. */
  readonly intensity: number;
  /** Whether the bytes were stated by the experiment, or follow from the shape alone. */
  readonly stated: boolean;
}

interface Roof {
  /** GFLOP/s. */
  readonly peak: Measurement;
  /** GB/s. */
  readonly stream: Measurement;
  /** The intensity in FLOP/B where the two meet. */
  readonly ridge: number;
}

export function rooflineCharts(hint: ChartHint, source: ChartSource): readonly Drawing[] {
  return [...byWorkload(pointsOf(source, { ...hint, metric: "throughput" }))].flatMap(
    ([workload, points]) => {
      const peak = ceilingOf(source, "throughput", workload);
      const stream = ceilingOf(source, "bandwidth", workload);
      const placed = points.flatMap((point) => place(source, point));
      if (!peak || !stream || placed.length === 0) return [];
      return [roofline(hint, workload, placed, { peak, stream, ridge: peak.value / stream.value })];
    },
  );
}

/** Intensity as measured, as the ratio of the two rates, or as what the shape of a product needs at the least. */
function place(source: ChartSource, point: Point): Placed[] {
  const bandwidth = otherFigure(source, point, "bandwidth");
  const stated = otherFigure(source, point, "intensity") ?? (bandwidth ? point.value / bandwidth : undefined);
  const intensity = stated ?? leastTraffic(point.workload);
  if (!intensity || !Number.isFinite(intensity) || point.low <= 0) return [];
  return [{ ...point, intensity, stated: stated !== undefined }];
}

/** Operations for each byte of a float32 product MxNxK that reads A and B once and writes C once. */
function leastTraffic(workload: string): number | undefined {
  const [m, n, k] = /^(\d+)x(\d+)x(\d+)$/.exec(workload)?.slice(1).map(Number) ?? [];
  return m && n && k ? (2 * m * n * k) / (4 * (m * k + k * n + m * n)) : undefined;
}

/** Room right of the points for their names, as a factor on the logarithmic axis. */
const roomForNames = 24;
const nameDistance = 15;

function roofline(hint: ChartHint, workload: string, placed: readonly Placed[], roof: Roof): Drawing {
  const intensities = [...placed.map((point) => point.intensity), roof.ridge];
  const x: Axis = {
    type: "log",
    domain: [Math.min(...intensities) / 4, Math.max(...intensities) * roomForNames],
    length: plot.width,
  };
  const peak = roof.peak.value;
  const floor = Math.min(...placed.map((point) => point.low), roof.stream.value * x.domain[0]);
  const height = Math.max(plot.height, nameDistance * (placed.length + 4));
  const y: Axis = { type: "log", domain: [floor / 1.5, peak * 1.6], length: height };
  const stated = placed.every((point) => point.stated);
  const subtitle = `${workload}; ${stated ? "bytes as the kernel must move them" : "bytes at the least: each operand once"}`;
  const inOrder = placed.toSorted((a, b) => b.value - a.value);
  return {
    title: hint.title,
    part: workload,
    alt: `${hint.title} (${workload}). ${roofInWords(roof)} ${inOrder.map(placedInWords).join(", ")}.`,
    sentence: `${roofInWords(roof)} ${sentenceOf(workload, inOrder, roof)}`,
    spec: specOf(hint.title, subtitle, {
      width: plot.width,
      height,
      layer: [...roofLayers(roof, x, y), ...pointLayers(inOrder, roof, x, y)],
    }),
  };
}

function channels(x: Axis, y: Axis): { readonly x: object; readonly y: object } {
  const axis = (title: string, domain: readonly [number, number]): object => ({
    title,
    values: logTicks(domain),
    format: ",~r",
    grid: true,
  });
  const scale = (domain: readonly [number, number]): object => ({ type: "log", domain, nice: false });
  return {
    x: {
      field: "x",
      type: "quantitative",
      scale: scale(x.domain),
      axis: axis("operational intensity, FLOP/B", x.domain),
    },
    y: {
      field: "y",
      type: "quantitative",
      scale: scale(y.domain),
      axis: axis("throughput, GFLOP/s", y.domain),
    },
  };
}

function roofLayers({ peak, stream, ridge }: Roof, x: Axis, y: Axis): object[] {
  const [from, to] = x.domain;
  const on = channels(x, y);
  const slopeStart = Math.max(from, y.domain[0] / stream.value);
  const rise = positionOn(y, peak.value) - positionOn(y, stream.value * slopeStart);
  const run = positionOn(x, ridge) - positionOn(x, slopeStart);
  const middle = Math.sqrt(slopeStart * ridge);
  const text = { color: ink.ceiling, fontWeight: 600, baseline: "bottom" };
  return [
    {
      data: {
        values: [
          { x: slopeStart, y: slopeStart * stream.value },
          { x: ridge, y: peak.value },
          { x: to, y: peak.value },
        ],
      },
      mark: { type: "line", color: ink.ceiling, strokeWidth: 2, interpolate: "linear" },
      encoding: { ...on, order: { field: "x" } },
    },
    {
      data: { values: [{ x: to, y: peak.value, text: `peak ${formatMetric("throughput", peak.value)}` }] },
      mark: { type: "text", ...text, align: "right", dx: -4, dy: -5 },
      encoding: { ...on, text: { field: "text" } },
    },
    {
      data: {
        values: [
          { x: middle, y: middle * stream.value, text: `stream ${formatMetric("bandwidth", stream.value)}` },
        ],
      },
      mark: {
        type: "text",
        ...text,
        align: "center",
        dy: -6,
        angle: (-Math.atan2(rise, run) * 180) / Math.PI,
      },
      encoding: { ...on, text: { field: "text" } },
    },
  ];
}

function pointLayers(points: readonly Placed[], { peak }: Roof, x: Axis, y: Axis): object[] {
  const on = channels(x, y);
  const heights = spread(
    points.map((point) => positionOn(y, point.value)),
    nameDistance,
    // Names stay below the roof, which is a line that runs through to the right.
    positionOn(y, peak.value) - nameDistance,
  );
  const values = points.map((point, at) => ({
    x: point.intensity,
    y: point.value,
    low: point.low,
    high: point.high,
    colour: palette[at % palette.length],
    name: `${point.label} ${formatNumber(point.value)}`,
    nameX: positionOn(x, point.intensity),
    nameY: y.length - (heights[at] ?? 0),
    pointY: y.length - positionOn(y, point.value),
  }));
  const colour = { field: "colour", type: "nominal", scale: null };
  const pixel = (field: string): object => ({ field, type: "quantitative", scale: null });
  return [
    {
      data: { values },
      mark: { type: "rule", color: ink.text, strokeWidth: 1.5 },
      encoding: { ...on, y: { ...on.y, field: "low" }, y2: { field: "high" } },
    },
    {
      data: { values },
      mark: { type: "point", filled: true, opacity: 1, size: 70 },
      encoding: { ...on, color: colour },
    },
    {
      // From the point to its name, where names had to be pushed apart.
      data: { values: values.map((each) => ({ ...each, startX: each.nameX + 6, endX: each.nameX + 24 })) },
      mark: { type: "rule", strokeWidth: 1, opacity: 0.7 },
      encoding: {
        x: pixel("startX"),
        x2: { field: "endX" },
        y: pixel("pointY"),
        y2: { field: "nameY" },
        color: colour,
      },
    },
    {
      data: { values: values.map((each) => ({ ...each, nameX: each.nameX + 28 })) },
      layer: haloedText(
        { align: "left", baseline: "middle" },
        { x: pixel("nameX"), y: pixel("nameY"), color: colour, text: { field: "name" } },
      ),
    },
  ];
}

function roofInWords({ peak, stream, ridge }: Roof): string {
  const [rate, bandwidth] = [formatMetric("throughput", peak.value), formatMetric("bandwidth", stream.value)];
  return `Measured ceilings: ${rate} and ${bandwidth}, which meet at ${formatMetric("intensity", ridge)}.`;
}

function placedInWords(point: Placed): string {
  return `${pointInWords("throughput", point)} at ${formatMetric("intensity", point.intensity)}`;
}

function sentenceOf(workload: string, points: readonly Placed[], { peak, stream, ridge }: Roof): string {
  const shares = points.map((point) => {
    const bound = Math.min(peak.value, stream.value * point.intensity);
    const limit = point.intensity < ridge ? "bandwidth" : "the peak";
    return `${point.label} reaches ${formatPercent(point.value / bound)} of what ${limit} allows`;
  });
  return `At ${workload}, ${shares.join("; ")}.`;
}
