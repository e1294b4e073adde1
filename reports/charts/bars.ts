/**
 * Lying bars: variants of one workload, or of several below each other. Each bar carries its figure, so that a group
 * needs no axis and may have a scale of its own: workloads differ by orders of magnitude, variants are to be compared.
 */
import type { ChartHint } from "../../kernels/experiment.ts";
import { sameVariant } from "../../kernels/variant.ts";
import { betterOf, formatMeasurement, formatMetric, formatRatio } from "../numbers.ts";
import { type Drawing, inWords, pointInWords, specOf } from "./drawing.ts";
import { byWorkload, type ChartSource, ceilingOf, type Point, pointsOf } from "./points.ts";
import { ink, palette, plot } from "./theme.ts";

/** Pixels for a bar with its distance. */
const step = 22;
/** Groups beyond this go to a further chart: a taller one fits no screen. */
const mostBars = 40;
/** Room to the right of the longest bar for its figure, as a share of the axis. */
const roomForFigure = 1.5;

export function barCharts(hint: ChartHint, source: ChartSource): readonly Drawing[] {
  const points = pointsOf(source, hint);
  const pages = paged([...byWorkload(points).values()]);
  return pages.map((page, at) => drawing(hint, source, page, pages.length > 1 ? String(at + 1) : ""));
}

/** Workloads in pages of at most `mostBars` bars; a larger workload has a page of its own. */
function paged(groups: readonly Point[][]): Point[][][] {
  const pages: Point[][][] = [];
  let bars = Number.POSITIVE_INFINITY;
  for (const group of groups) {
    if (bars + group.length > mostBars) {
      pages.push([]);
      bars = 0;
    }
    pages.at(-1)?.push(group);
    bars += group.length;
  }
  return pages;
}

function drawing(hint: ChartHint, source: ChartSource, groups: readonly Point[][], part: string): Drawing {
  const points = groups.flat();
  const labels = [...new Set(points.map((point) => point.label))];
  const colours = Object.fromEntries(
    labels.map((label, at) => [label, labels.length > palette.length ? palette[0] : palette[at]]),
  );
  const rows = groups.flatMap((group) => rowsOf(hint, source, group, colours));
  const [first] = groups[0] ?? [];
  const alone = groups.length === 1;
  const better = betterOf(hint.metric);
  const direction = better === "neither" ? "" : `${better} is better`;
  const timed = points.some((point) => !point.exact) ? "median and 95 % interval" : "";
  const subtitle = [alone ? (first?.workload ?? "") : "one scale for each workload", timed, direction]
    .filter(Boolean)
    .join("; ");
  const chart = { height: { step }, width: alone ? plot.width - 120 : plot.width - 240, layer: layers };
  return {
    title: hint.title,
    part,
    alt: inWords(hint, points),
    sentence: groups
      .map((group) => sentenceOf(hint.metric, group, alone, source))
      .join("; ")
      .concat("."),
    spec: specOf(hint.title, subtitle, {
      data: { values: rows },
      ...(alone ? chart : faceted(chart, groups)),
    }),
  };
}

/** Each bar with its figure; lengths are shares of the axis, which each workload has of its own. */
function rowsOf(
  hint: ChartHint,
  source: ChartSource,
  group: readonly Point[],
  colours: Readonly<Record<string, string | undefined>>,
): object[] {
  const isRate = hint.metric === "throughput" || hint.metric === "bandwidth";
  const ceiling = isRate && group[0] && ceilingOf(source, hint.metric, group[0].workload);
  const beside = ceiling && source.measurements.includes(ceiling) ? ceiling : undefined;
  const longest = Math.max(...group.map((point) => point.high), beside?.value ?? 0);
  const end = longest > 0 ? longest * roomForFigure : 1;
  const bars = group.map((point) => ({
    workload: point.workload,
    label: point.label,
    value: point.value / end,
    low: point.low / end,
    high: Math.max(point.high, point.value) / end,
    figure: formatMeasurement({ ...point, metric: hint.metric, kind: point.exact ? "exact" : "timed" }),
    colour: colours[point.label],
  }));
  if (!beside) return bars;
  const figure = `${formatMetric(hint.metric, beside.value)} (measured ceiling)`;
  const at = beside.value / end;
  const { workload, variant: label } = beside;
  return [...bars, { workload, label, value: at, low: at, high: at, figure, colour: ink.ceiling }];
}

const y = {
  field: "label",
  type: "nominal",
  sort: null,
  axis: { title: null, ticks: false, domain: false, labelPadding: 8 },
} as const;

const x = {
  field: "value",
  type: "quantitative",
  scale: { domain: [0, 1], nice: false },
  axis: null,
} as const;

const layers = [
  {
    mark: { type: "bar", height: { band: 0.68 } },
    encoding: { y, x, color: { field: "colour", type: "nominal", scale: null } },
  },
  {
    mark: { type: "rule", color: ink.text, strokeWidth: 1.5 },
    encoding: { y, x: { ...x, field: "low" }, x2: { field: "high" } },
  },
  {
    mark: { type: "text", align: "left", baseline: "middle", dx: 6 },
    encoding: { y, x: { ...x, field: "high" }, text: { field: "figure" } },
  },
] as const;

function faceted(spec: object, groups: readonly Point[][]): object {
  const sort = groups.map((group) => group[0]?.workload);
  return {
    facet: {
      row: {
        field: "workload",
        type: "nominal",
        sort,
        title: null,
        header: {
          labelAngle: 0,
          labelAlign: "left",
          labelOrient: "top",
          labelAnchor: "start",
          labelPadding: 4,
        },
      },
    },
    spacing: 12,
    spec,
    resolve: { scale: { y: "independent" } },
  };
}

/** The speed-up as it was taken round by round, which is not quite the ratio of the medians. */
function pairedRatio(source: ChartSource, of: Point, over: Point): number | undefined {
  return source.measurements.find(
    (m) =>
      m.metric === "speed-up" &&
      m.workload === of.workload &&
      sameVariant(m, of) &&
      m.against !== undefined &&
      sameVariant(m.against, over),
  )?.value;
}

/** Best and worst of a workload; the ratio between them where there are two. */
function sentenceOf(metric: string, group: readonly Point[], alone: boolean, source: ChartSource): string {
  const direction = betterOf(metric) === "higher" ? -1 : 1;
  const [best, ...others] = [...group].sort((a, b) => direction * (a.value - b.value));
  if (!best) return "";
  const place = alone ? `At ${best.workload}` : best.workload;
  const worst = others.at(-1);
  if (!worst) return `${place}: ${pointInWords(metric, best)}`;
  if (worst.value === best.value) {
    return `${place}: ${formatMetric(metric, best.value)} for each of ${group.length} variants`;
  }
  const [large, small] = [best.value, worst.value].sort((a, b) => b - a) as [number, number];
  const paired = metric === "time" ? pairedRatio(source, best, worst) : undefined;
  const apart = small > 0 ? ` (${formatRatio(large / small)} apart)` : "";
  const ratio = paired === undefined ? apart : ` (${formatRatio(paired)}, paired)`;
  return `${place}: ${pointInWords(metric, best)} against ${pointInWords(metric, worst)}${ratio}`;
}
