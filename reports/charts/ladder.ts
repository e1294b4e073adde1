/**
 * The ladder: a column for each step, and the measured peak as the top of the axis, so that the empty space above a
 * column is what it leaves unused (as in the plots of BLIS).
 */
import type { ChartHint, Measurement } from "../../kernels/experiment.ts";
import { isPeer } from "../../kernels/variant.ts";
import { formatMetric, formatPercent, scaleOf, withScale } from "../numbers.ts";
import { barCharts } from "./bars.ts";
import { axisTitle, type Drawing, figuresInWords, haloedText, inWords, specOf } from "./drawing.ts";
import {
  byWorkload,
  type ChartSource,
  ceilingOf,
  lowerCeilings,
  otherFigure,
  type Point,
  pointsOf,
} from "./points.ts";
import { fontSizes, ink, plot, targetColours } from "./theme.ts";

/** More columns than this do not fit beside each other with readable names; they become lying bars. */
const mostColumns = 15;
/** Pixels that the name of the peak takes between plot and legend. */
const roomForPeak = 26;
/** Pixels that the two figures above a column take. */
const roomForFigures = 36;
/** Pixels for a column with its distance. */
const step = 54;
/** Figures above the line of the peak are this far from it, in pixels. */
const clearOfLine = 3;
/** A column may rise so far above the peak before the scale gives way; beyond, the others would be too small. */
const mostAbovePeak = 1.25;
/** The name of the peak is about as wide as so many columns. */
const columnsOfName = 6;

export function ladderCharts(hint: ChartHint, source: ChartSource): readonly Drawing[] {
  const groups = [...byWorkload(pointsOf(source, hint))];
  return groups.flatMap(([workload, points]) => {
    if (points.length > mostColumns) {
      const measurements = source.measurements.filter((m) => m.workload === workload);
      return barCharts(hint, { ...source, measurements }).map((bars) => ({ ...bars, part: workload }));
    }
    return [ladder(hint, source, points, ceilingOf(source, hint.metric, workload))];
  });
}

function ladder(
  hint: ChartHint,
  source: ChartSource,
  points: readonly Point[],
  peak: Measurement | undefined,
): Drawing {
  const workload = points[0]?.workload ?? "";
  const scale = scaleOf(hint.metric, Math.max(...points.map((point) => point.value), peak?.value ?? 0));
  const highest = Math.max(...points.map((point) => point.high));
  const room = roomAbove(points, peak?.value, highest);
  const lower = peak ? lowerCeilings(source, peak) : [];
  const onTargets = new Set([peak, ...lower].map((ceiling) => ceiling?.target));
  const several = new Set(points.map((point) => point.target)).size > 1;
  const values = points.map((point, at) => ({
    ...point,
    text: withScale(point.value, { ...scale, suffix: "" }),
    figureAt: room.figuresAt[at],
    share: peak && !isPeer(point) ? formatPercent(shareOf(source, point, peak)) : "",
  }));
  const y = {
    field: "value",
    type: "quantitative",
    scale: { domain: [0, room.top], nice: false },
    axis: {
      title: axisTitle(hint.metric, scale),
      ...(peak && lower.length === 0 && shareAxis(hint.metric, peak)),
    },
  };
  const x = {
    field: "label",
    type: "nominal",
    sort: null,
    axis: { title: null, labelAngle: points.length > 5 ? -38 : 0, ticks: false, labelPadding: 8 },
  };
  const figureAt = { field: "figureAt", type: "quantitative" };
  const above = { align: "center", baseline: "bottom" };
  const subtitle = `${workload}; median and 95 % interval`;
  const domain = [...new Set(points.map((point) => point.target))];
  return {
    title: hint.title,
    part: workload,
    alt: inWords({ ...hint, title: `${hint.title} (${workload})` }, points) + peakInWords(hint.metric, peak),
    sentence: sentenceOf(hint.metric, source, points, peak),
    spec: specOf(hint.title, subtitle, {
      width: { step },
      height: room.height,
      layer: [
        {
          data: { values },
          encoding: { x },
          layer: [
            {
              mark: { type: "bar", width: { band: 0.62 } },
              encoding: {
                y,
                color: {
                  field: "target",
                  type: "nominal",
                  scale: { domain, range: domain.map((target) => targetColours[target] ?? ink.muted) },
                  legend: several
                    ? { offset: 6 + (peak ? Math.max(0, roomForPeak - 6 - room.extra) : 0) }
                    : null,
                },
              },
            },
            {
              mark: { type: "rule", color: ink.text, strokeWidth: 1.5 },
              encoding: { y: { field: "low", type: "quantitative" }, y2: { field: "high" } },
            },
          ],
        },
        ...(peak
          ? [peak, ...lower].map((ceiling) =>
              ceilingLine(
                hint.metric,
                ceiling,
                onTargets.size > 1 ? `${ceiling.variant}, ${ceiling.target}` : ceiling.variant,
                ceiling === peak ? room : { ...room, free: room.free ?? "left" },
              ),
            )
          : []),
        // Figures come last: where a lower peak's line meets one, its halo breaks the line.
        {
          data: { values },
          encoding: { x },
          layer: [
            ...haloedText({ ...above, dy: -17, fontWeight: 600 }, { y: figureAt, text: { field: "text" } }),
            ...haloedText(
              { ...above, dy: -4, fontSize: fontSizes.small, color: ink.muted },
              { y: figureAt, text: { field: "share" } },
            ),
          ],
        },
      ],
    }),
  };
}

/** Where figures stand, and the plot that holds them. */
interface Room {
  /** Value at which the two figures of each column begin: above its interval, and never on the line of the peak. */
  readonly figuresAt: readonly number[];
  /** Value at the upper end of the plot. */
  readonly top: number;
  /** Pixels of the plot. */
  readonly height: number;
  /** Pixels of it above the line of the peak. */
  readonly extra: number;
  /** Which end of the line has no figures above it, where the peak's name can stand; none if both have. */
  readonly free: "left" | "right" | undefined;
}

/** The axis ends at the peak; the plot goes on above it as far as figures or intervals need it. */
function roomAbove(points: readonly Point[], peak: number | undefined, highest: number): Room {
  const end = peak === undefined ? highest * 1.2 : Math.max(peak, highest / mostAbovePeak);
  const pixels = (value: number): number => (value / end) * plot.height;
  const line = peak === undefined ? Number.POSITIVE_INFINITY : pixels(peak);
  const starts = points.map((point) => {
    const start = pixels(Math.max(point.high, point.value));
    return start + roomForFigures > line ? Math.max(start, line + clearOfLine) : start;
  });
  const above = starts.map((start) => start > line);
  const height = Math.max(plot.height, ...starts.map((start) => start + roomForFigures));
  const left = !above.slice(0, columnsOfName).includes(true);
  const right = !above.slice(-columnsOfName).includes(true);
  return {
    figuresAt: starts.map((start) => (start / plot.height) * end),
    top: (height / plot.height) * end,
    height,
    extra: Math.max(0, height - line),
    free: left ? "left" : right ? "right" : undefined,
  };
}

/** Ticks at quarters of the peak, each with its value and its share. */
function shareAxis(metric: string, { value }: Measurement): object {
  const quarters = [0, 0.25, 0.5, 0.75, 1];
  const labels = quarters.map((share) => {
    const figure = formatMetric(metric, share * value).replace(/ .*$/, "");
    return `${figure} · ${100 * share} %`;
  });
  const index = `round(datum.value / ${value} * 4)`;
  return { values: quarters.map((share) => share * value), labelExpr: `${JSON.stringify(labels)}[${index}]` };
}

function ceilingLine(metric: string, peak: Measurement, name: string, { free, extra }: Room): object {
  const label = `measured peak (${name}): ${formatMetric(metric, peak.value)}`;
  return {
    data: { values: [{ peak: peak.value, label }] },
    layer: [
      {
        mark: { type: "rule", color: ink.ceiling, strokeDash: [6, 3], strokeWidth: 2 },
        encoding: { y: { field: "peak", type: "quantitative" } },
      },
      {
        mark: {
          type: "text",
          align: free === "right" ? "right" : "left",
          baseline: "bottom",
          dx: free === "right" ? -2 : 2,
          // Where figures are above the line at both ends, the name is above them all.
          dy: free === undefined ? -5 - extra : -5,
          color: ink.ceiling,
          fontWeight: 600,
        },
        encoding: {
          x: { value: free === "right" ? "width" : 0 },
          y: { field: "peak", type: "quantitative" },
          text: { field: "label" },
        },
      },
    ],
  };
}

function peakInWords(metric: string, peak: Measurement | undefined): string {
  return peak ? ` Measured peak ${formatMetric(metric, peak.value)}.` : "";
}

/** The paired share of peak that was measured; the ratio of the medians where there is none. */
function shareOf(source: ChartSource, point: Point, peak: Measurement): number {
  return otherFigure(source, point, "peak-fraction") ?? point.value / peak.value;
}

function sentenceOf(
  metric: string,
  source: ChartSource,
  points: readonly Point[],
  peak: Measurement | undefined,
): string {
  const own = points.filter((point) => !isPeer(point));
  const [first] = own;
  const [best] = own.toSorted((a, b) => b.value - a.value);
  if (!first || !best) return "";
  const ceiling = peak
    ? `the measured peak is ${formatMetric(metric, peak.value)}`
    : "no peak was measured beside it";
  const figures = (point: Point): string =>
    `${point.label} with ${figuresInWords(source, point) ?? formatMetric(metric, point.value)}`;
  const peers = points.filter(isPeer).map((point) => `${point.variant} ${formatMetric(metric, point.value)}`);
  const beside = peers.length > 0 ? `; beside it ${peers.join(", ")}` : "";
  const path =
    first === best ? `reaches ${figures(best)}` : `goes from ${figures(first)} to ${figures(best)}`;
  const doubt =
    peak && best.value > peak.value
      ? " A rate above the peak means that the rounds of the peak were disturbed; shares, which are paired round by round, suffer less."
      : "";
  return `At ${best.workload} the ladder ${path}; ${ceiling}${beside}.${doubt}`;
}
