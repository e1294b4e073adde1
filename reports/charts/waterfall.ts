/**
 * The waterfall: on a logarithmic axis, where equal heights are equal factors, a floating bar for what each step
 * multiplies the rate by, a bar for the whole, and the measured peak as the line that none can pass.
 */
import type { ChartHint, Measurement } from "../../kernels/experiment.ts";
import { differenceInWords } from "../difference-words.ts";
import { formatMeasurement, formatMetric, formatRatio, scaleOf } from "../numbers.ts";
import { logTicks } from "./axis.ts";
import { axisTitle, type Drawing, haloedText, specOf } from "./drawing.ts";
import { type ChartSource, ceilingOf } from "./points.ts";
import { fontSizes, ink, palette, plot } from "./theme.ts";
import { type Step, type Waterfall, waterfallsIn } from "./waterfall-steps.ts";

/** Pixels for a column with its distance: two words beside each other at an angle. */
const column = 62;
/** Room below the slowest and above the peak, as factors on the axis. */
const roomBelow = 2.2;
const roomAbove = 2;

/** What the colour of a bar says. */
const colours = {
  start: ink.muted,
  faster: palette[2],
  slower: ink.ceiling,
  undecided: "#8c959f",
  total: palette[0],
} as const;

export function waterfallCharts(hint: ChartHint, source: ChartSource): readonly Drawing[] {
  return waterfallsIn(hint, source).map((fall) =>
    drawing(hint, fall, ceilingOf(source, hint.metric, fall.workload)),
  );
}

interface Bar {
  readonly label: string;
  readonly from: number;
  readonly to: number;
  readonly low: number;
  readonly high: number;
  /** The factor, or the rate where the fall begins. */
  readonly figure: string;
  /** What the factor amounts to, where it is no clear difference. */
  readonly remark: string;
  readonly colour: string;
}

function drawing(hint: ChartHint, fall: Waterfall, peak: Measurement | undefined): Drawing {
  const bars = barsOf(hint, fall);
  const values = bars.flatMap((bar) => [bar.from, bar.to, bar.low, bar.high]).filter((value) => value > 0);
  const bottom = Math.min(...values) / roomBelow;
  const on = channels(hint.metric, [bottom, Math.max(...values, peak?.value ?? 0) * roomAbove]);
  const subtitle = `${fall.workload}; paired ratio of each step over the one before, 95 % interval`;
  return {
    title: hint.title,
    part: fall.workload,
    alt: inWords(hint, fall, peak),
    sentence: sentenceOf(fall, peak),
    spec: specOf(hint.title, subtitle, {
      width: { step: column },
      height: plot.height + 40,
      layer: [
        // The columns come first because the first layer sets their order; the line of the peak lies behind the figures.
        { data: { values: bars }, mark: { type: "bar", opacity: 0 }, encoding: { x: on.x, y: on.y("to") } },
        ...(peak ? [peakLine(hint.metric, peak, on)] : []),
        linkLayer(bars, on),
        barLayer(bars, bottom, on),
      ],
    }),
  };
}

/** The axes: x by name, y for whichever field a mark needs. */
interface Channels {
  readonly x: object;
  y(field: string): object;
}

function channels(metric: string, domain: readonly [number, number]): Channels {
  const scale = { type: "log", domain, nice: false };
  const title = axisTitle(metric, scaleOf(metric, domain[1]));
  const axis = { title, values: logTicks(domain), format: ",~r" };
  return {
    x: {
      field: "label",
      type: "nominal",
      sort: null,
      axis: { title: null, labelAngle: -38, ticks: false, labelPadding: 8 },
    },
    y: (field) => ({ field, type: "quantitative", scale, axis }),
  };
}

function barLayer(bars: readonly Bar[], bottom: number, { x, y }: Channels): object {
  const values = bars.map((bar) => {
    const from = bar.from > 0 ? bar.from : bottom;
    return { ...bar, from, top: Math.max(from, bar.high), foot: Math.min(from, bar.low) };
  });
  const colour = { field: "colour", type: "nominal", scale: null };
  const above = { align: "center", baseline: "bottom", dy: -5, fontWeight: 600 };
  const below = { align: "center", baseline: "top", dy: 5, fontSize: fontSizes.small, color: ink.muted };
  return {
    data: { values },
    encoding: { x },
    layer: [
      {
        // The outline keeps a bar visible whose factor is next to 1.
        mark: { type: "bar", width: { band: 0.62 }, strokeWidth: 2 },
        encoding: { y: y("from"), y2: { field: "to" }, color: colour, stroke: colour },
      },
      {
        mark: { type: "rule", color: ink.text, strokeWidth: 1.5 },
        encoding: { y: y("low"), y2: { field: "high" } },
      },
      ...haloedText(above, { y: y("top"), text: { field: "figure" } }),
      ...haloedText(below, { y: y("foot"), text: { field: "remark" } }),
    ],
  };
}

function barsOf(hint: ChartHint, { start, steps, total }: Waterfall): readonly Bar[] {
  const { value, low, high } = start.rate;
  const first: Bar = {
    label: start.title,
    from: 0,
    to: value,
    low,
    high,
    figure: formatMetric(hint.metric, value).replace(/ .*$/, ""),
    remark: "",
    colour: colours.start,
  };
  return [first, ...steps.map(stepBar), ...(total ? [totalBar(value, total)] : [])];
}

function stepBar({ title, from, to, low, high, ratio, difference }: Step): Bar {
  const kind = difference?.kind ?? "unclear";
  const decided = kind === "faster" || kind === "slower";
  return {
    ...{ label: title, from, to, low, high, figure: factor(ratio.value) },
    remark: decided ? "" : kind === "same" ? "same" : "unclear",
    colour: decided ? colours[kind] : colours.undecided,
  };
}

function totalBar(start: number, total: Measurement): Bar {
  const [to, low, high] = [start * total.value, start * total.low, start * total.high];
  const figure = factor(total.value);
  return { label: "all together", from: start, to, low, high, figure, remark: "", colour: colours.total };
}

/** `×2.31`. */
function factor(value: number): string {
  return `×${formatRatio(value).replace(/x$/, "")}`;
}

/** A thin line from the end of each bar to the beginning of the next; the total begins where the first ends. */
function links(bars: readonly Bar[]): object[] {
  return bars
    .slice(1)
    .map((bar, i) => ({ label: bars[i]?.label, next: bar.label, from: bars[i]?.to ?? bar.from }));
}

function linkLayer(bars: readonly Bar[], { x, y }: Channels): object {
  return {
    data: { values: links(bars) },
    mark: { type: "rule", color: ink.muted, strokeWidth: 1, strokeDash: [2, 2] },
    encoding: { x, x2: { field: "next" }, y: y("from") },
  };
}

function peakLine(metric: string, peak: Measurement, { y }: Channels): object {
  const label = `measured peak (${peak.variant}): ${formatMetric(metric, peak.value)}`;
  const text = { align: "left", baseline: "bottom", dx: 2, dy: -5, color: ink.ceiling, fontWeight: 600 };
  return {
    data: { values: [{ peak: peak.value, label }] },
    layer: [
      {
        mark: { type: "rule", color: ink.ceiling, strokeDash: [6, 3], strokeWidth: 2 },
        encoding: { y: y("peak") },
      },
      {
        mark: { type: "text", ...text },
        encoding: { x: { value: 0 }, y: y("peak"), text: { field: "label" } },
      },
    ],
  };
}

/** The chart without the chart: every factor with its interval and its word. */
function inWords(hint: ChartHint, { workload, start, steps, total }: Waterfall, peak?: Measurement): string {
  const began = `${start.title} ${formatMetric(hint.metric, start.rate.value)}`;
  const factors = steps.map(({ title, ratio }) =>
    `${title} ${formatMeasurement(ratio)} ${differenceInWords(ratio)}`.trimEnd(),
  );
  const whole = total ? ` All together ${formatMeasurement(total)}.` : "";
  const ceiling = peak ? ` Measured peak ${formatMetric(hint.metric, peak.value)}.` : "";
  return `${hint.title} (${workload}). ${[began, ...factors].join(", ")}.${whole}${ceiling}`;
}

/** The largest factors, what changed nothing, and where the whole ends. */
function sentenceOf({ workload, start, steps, total }: Waterfall, peak?: Measurement): string {
  const largest = steps.toSorted((a, b) => b.ratio.value - a.ratio.value).slice(0, 2);
  const named = largest.map(({ title, ratio }) => `${title} (${formatRatio(ratio.value)})`).join(" and ");
  const idle = steps.filter(({ difference }) => difference?.kind === "same").map(({ title }) => title);
  const end = start.rate.value * (total?.value ?? 1);
  const whole = total
    ? `From ${start.title} to the end the speed grows ${formatRatio(total.value)} at ${workload}`
    : `At ${workload}`;
  const share = peak && total ? `, to ${Math.round((100 * end) / peak.value)} % of the measured peak` : "";
  const same = idle.length > 0 ? `; ${idle.join(", ")}: the same within noise` : "";
  return `${whole}${share}; the largest steps are ${named}${same}.`;
}
