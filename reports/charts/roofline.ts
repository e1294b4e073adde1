/**
 * The roofline (Williams, Waterman & Patterson 2009): rate over operational intensity, under the ceilings that were
 * measured beside the variants: the multiply-add peak, and streaming from memory and from each cache level. Which
 * bytes make a point's intensity decides which slope bounds it, and the chart says which.
 */
import { describeGeometry, l1Geometry } from "../../kernels/cache/geometry.ts";
import type { ChartHint, Measurement } from "../../kernels/experiment.ts";
import { isCeiling, isPeer } from "../../kernels/variant.ts";
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
  /** GB/s of the level that feeds the bytes that the chart counts. */
  readonly stream: Measurement;
  /** The intensity in FLOP/B where the two meet. */
  readonly ridge: number;
  /** Every measured bandwidth, fastest first; `stream` among them. */
  readonly slopes: readonly Measurement[];
}

export function rooflineCharts(hint: ChartHint, source: ChartSource): readonly Drawing[] {
  // The roof is that of our kernels' vectors: a library with wider ones stands above it and says nothing about it.
  const own = pointsOf(source, { ...hint, metric: "throughput" }).filter((point) => !isPeer(point));
  return [...byWorkload(own)].flatMap(([workload, points]) => {
    const roof = roofOver(hint, source, workload);
    const placed = points.flatMap((point) => place(hint, source, point));
    return roof && placed.length > 0 ? [roofline(hint, source, placed, roof)] : [];
  });
}

/** The ceilings of a workload; undefined where one of the two kinds was not measured. */
function roofOver(hint: ChartHint, source: ChartSource, workload: string): Roof | undefined {
  const peak = ceilingOf(source, "throughput", workload);
  const memory = ceilingOf(source, "bandwidth", workload);
  if (!peak || !memory) return undefined;
  const slopes = source.measurements
    .filter((m) => isCeiling(m) && m.metric === "bandwidth" && m.workload === memory.workload && m.value > 0)
    .toSorted((a, b) => b.value - a.value)
    // Of several streams of a level the fastest is its roof.
    .filter((m, at, sorted) => sorted.findIndex((other) => levelOf(other) === levelOf(m)) === at);
  const stream = (hint.traffic === "simulated" && behindFirstLevel(slopes)) || memory;
  return { peak, stream, ridge: peak.value / stream.value, slopes: slopes.length > 0 ? slopes : [memory] };
}

/** What serves the misses of a first-level cache: the fastest level that is not the first itself. */
function behindFirstLevel(slopes: readonly Measurement[]): Measurement | undefined {
  return slopes.find(({ variant }) => !variant.endsWith("-l1"));
}

/** Where a point stands: by the bytes that the hint names; as stated, else as the shape needs them, where it names none. */
function place(hint: ChartHint, source: ChartSource, point: Point): Placed[] {
  const stated = hint.traffic ? statedTraffic[hint.traffic](source, point) : ownTraffic(source, point);
  const intensity = stated ?? (hint.traffic === "simulated" ? undefined : leastTraffic(point.workload));
  if (!intensity || !Number.isFinite(intensity) || point.low <= 0) return [];
  return [{ ...point, intensity, stated: stated !== undefined }];
}

const statedTraffic = {
  compulsory: () => undefined,
  simulated: (source: ChartSource, point: Point) => otherFigure(source, point, "simulated-intensity"),
} as const;

/** Intensity as measured, or as the ratio of the two rates. */
function ownTraffic(source: ChartSource, point: Point): number | undefined {
  const bandwidth = otherFigure(source, point, "bandwidth");
  return otherFigure(source, point, "intensity") ?? (bandwidth ? point.value / bandwidth : undefined);
}

/** Operations for each byte of a float32 product MxNxK that reads A and B once and writes C once. */
function leastTraffic(workload: string): number | undefined {
  const [m, n, k] = /^(\d+)x(\d+)x(\d+)$/.exec(workload)?.slice(1).map(Number) ?? [];
  return m && n && k ? (2 * m * n * k) / (4 * (m * k + k * n + m * n)) : undefined;
}

/** Room right of the points for their names, as a factor on the logarithmic axis. */
const roomForNames = 24;
const nameDistance = 15;

function roofline(hint: ChartHint, source: ChartSource, placed: readonly Placed[], roof: Roof): Drawing {
  const workload = placed[0]?.workload ?? "";
  const ridges = roof.slopes.map((slope) => roof.peak.value / slope.value);
  const intensities = [...placed.map((point) => point.intensity), ...ridges];
  const x: Axis = {
    type: "log",
    domain: [Math.min(...intensities) / 4, Math.max(...intensities) * roomForNames],
    length: plot.width,
  };
  const peak = roof.peak.value;
  const lowest = Math.min(...roof.slopes.map((slope) => slope.value)) * x.domain[0];
  const floor = Math.max(Math.min(...placed.map((point) => point.low), lowest), peak / 1e4);
  const height = Math.max(plot.height, nameDistance * (placed.length + 4));
  const highest = Math.max(...placed.map((point) => Math.max(point.high, point.value * 1.3)));
  const y: Axis = { type: "log", domain: [floor / 1.5, Math.max(peak * 1.6, highest * 1.1)], length: height };
  const subtitle = `${workload}; ${trafficInWords(hint, placed)}`;
  const inOrder = placed.toSorted((a, b) => b.value - a.value);
  return {
    title: hint.title,
    part: workload,
    alt: `${hint.title} (${workload}). ${roofInWords(roof)} ${inOrder.map(placedInWords).join(", ")}.`,
    sentence: `${roofInWords(roof)} ${sentenceOf(workload, inOrder, roof, source)}`,
    spec: specOf(hint.title, subtitle, {
      width: plot.width,
      height,
      layer: [
        ...roofLayers(
          roof,
          x,
          y,
          inOrder.some(({ value }) => value > peak),
        ),
        ...pointLayers(inOrder, roof, x, y),
      ],
    }),
  };
}

function trafficInWords({ traffic }: ChartHint, placed: readonly Placed[]): string {
  if (traffic === "simulated") return `bytes that a simulated ${describeGeometry(l1Geometry)} cache moves`;
  return placed.every((point) => point.stated)
    ? "bytes as the kernel must move them"
    : "bytes at the least: each operand once";
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

/** The ceilings with their names; that of the peak stands left where the names of points need the right. */
function roofLayers(roof: Roof, x: Axis, y: Axis, left: boolean): object[] {
  const { peak, slopes } = roof;
  const to = x.domain[1];
  const on = channels(x, y);
  const first = slopes[0]?.value ?? peak.value;
  const flat = { x: peak.value / first, y: peak.value };
  const text = { color: ink.ceiling, fontWeight: 600, baseline: "bottom" };
  return [
    {
      data: { values: [flat, { x: to, y: peak.value }] },
      mark: { type: "line", color: ink.ceiling, strokeWidth: 2 },
      encoding: { ...on, order: { field: "x" } },
    },
    {
      data: {
        values: [
          { x: left ? flat.x : to, y: peak.value, text: `peak ${formatMetric("throughput", peak.value)}` },
        ],
      },
      mark: { type: "text", ...text, align: left ? "left" : "right", dx: left ? 4 : -4, dy: -5 },
      encoding: { ...on, text: { field: "text" } },
    },
    ...slopes.flatMap((slope, at) =>
      slopeLayers(
        { peak, slope, name: slopeName(slope, roof), above: at === 0 },
        x,
        y,
        placeOfName(at, slopes.length),
      ),
    ),
  ];
}

/** Names of neighbouring slopes stand at different heights, where the lines beside them leave room. */
function placeOfName(at: number, count: number): number {
  return count === 1 ? 0.5 : 0.7 - (0.55 * at) / (count - 1);
}

interface Slope {
  readonly peak: Measurement;
  readonly slope: Measurement;
  readonly name: string;
  /** Whether its name stands above the line. */
  readonly above: boolean;
}

/** One bandwidth as a line up to the peak, named along it; `share` is how far up the name stands. */
function slopeLayers({ peak, slope, name, above }: Slope, x: Axis, y: Axis, share: number): object[] {
  const on = channels(x, y);
  const ridge = peak.value / slope.value;
  const start = Math.max(x.domain[0], y.domain[0] / slope.value);
  const rise = positionOn(y, peak.value) - positionOn(y, slope.value * start);
  const run = positionOn(x, ridge) - positionOn(x, start);
  const middle = start * (ridge / start) ** share;
  const label = `${name} ${formatMetric("bandwidth", slope.value)}`;
  // The fastest is named above its line, the others below theirs, where no line is near.
  const side = above ? { baseline: "bottom", dy: -4 } : { baseline: "top", dy: 5 };
  const text = { type: "text", fontWeight: 600, align: "center", ...side };
  const angle = (-Math.atan2(rise, run) * 180) / Math.PI;
  const at = { ...on, text: { field: "text" } };
  const halo = { stroke: ink.card, strokeWidth: 3, strokeJoin: "round" };
  const data = { values: [{ x: middle, y: middle * slope.value, text: label }] };
  return [
    {
      data: { values: [start, ridge].map((intensity) => ({ x: intensity, y: intensity * slope.value })) },
      mark: { type: "line", color: ink.ceiling, strokeWidth: 2 },
      encoding: { ...on, order: { field: "x" } },
    },
    { data, mark: { ...text, angle, ...halo }, encoding: at },
    { data, mark: { ...text, angle, color: ink.ceiling }, encoding: at },
  ];
}

/** The end of a stream's name that says where its arrays lie; nothing is memory. */
function levelOf({ variant }: Measurement): string {
  return /-(l\d)$/.exec(variant)?.[1] ?? "memory";
}

/** `peak-stream-l2` is L2; `peak-stream` is memory, and plainly the stream where no other is beside it. */
function slopeName({ variant }: Measurement, { slopes }: Pick<Roof, "slopes">): string {
  const level = /-(l\d)$/.exec(variant)?.[1];
  return level ? level.toUpperCase() : slopes.length > 1 ? "memory" : "stream";
}

function pointLayers(points: readonly Placed[], { peak }: Roof, x: Axis, y: Axis): object[] {
  const on = channels(x, y);
  const heights = nameHeights(points, peak.value, y);
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

/** Heights of the names in pixels: none on the roof, which is a line that runs through to the right. */
function nameHeights(points: readonly Placed[], peak: number, y: Axis): number[] {
  const roof = positionOn(y, peak);
  const own = points.map((point) => positionOn(y, point.value));
  const count = points.filter(({ value }) => value > peak).length;
  // Points come from the highest down.
  const above = own.slice(0, count).map((height) => Math.max(height, roof + nameDistance));
  return [
    ...spread(above, nameDistance, y.length),
    ...spread(own.slice(count), nameDistance, roof - nameDistance),
  ];
}

function roofInWords(roof: Roof): string {
  const { peak, stream, ridge, slopes } = roof;
  const [rate, bandwidth] = [formatMetric("throughput", peak.value), formatMetric("bandwidth", stream.value)];
  const others = slopes
    .filter((slope) => slope !== stream)
    .map((slope) => `${slopeName(slope, roof)} ${formatMetric("bandwidth", slope.value)}`);
  const beside = others.length > 0 ? ` (beside it ${others.join(", ")})` : "";
  const from = slopes.length > 1 ? ` from ${slopeName(stream, roof)}` : "";
  const meet = `which meet at ${formatMetric("intensity", ridge)}`;
  return `Measured ceilings: ${rate} and ${bandwidth}${from}${beside}, ${meet}.`;
}

function placedInWords(point: Placed): string {
  return `${pointInWords("throughput", point)} at ${formatMetric("intensity", point.intensity)}`;
}

/** More variants than this make no sentence: the fastest and the slowest of them do, the rest is in the picture's text. */
const mostNamed = 5;

function sentenceOf(workload: string, points: readonly Placed[], roof: Roof, source: ChartSource): string {
  const named = points.length > mostNamed ? [...points.slice(0, mostNamed - 1), points.at(-1)] : points;
  const shares = named.flatMap((point) => {
    if (!point) return [];
    const limit = point.intensity < roof.ridge ? "bandwidth" : "the peak";
    return [`${point.label} reaches ${formatPercent(shareOf(source, point, roof))} of what ${limit} allows`];
  });
  const left = points.length - named.length;
  const rest = left > 0 ? `; ${left} more lie between the last two` : "";
  return `At ${workload}, ${shares.join("; ")}${rest}.`;
}

/** The share of its ceiling; of the peak as it was paired round by round, as in the tables. */
function shareOf(source: ChartSource, point: Placed, { peak, stream, ridge }: Roof): number {
  if (point.intensity < ridge) return point.value / (stream.value * point.intensity);
  return otherFigure(source, point, "peak-fraction") ?? point.value / peak.value;
}
