/**
 * The forecast: a row for each variant with a ring where the model expected it and a dot with its interval where it
 * came to lie; the line between the two is the model's error.
 */
import type { ChartHint, Measurement } from "../../kernels/experiment.ts";
import { type Forecast, forecastIn, hitMargin } from "../../kernels/measure/forecast.ts";
import { forecastInWords } from "../forecast-words.ts";
import { formatMeasurement, formatPercent } from "../numbers.ts";
import { type Drawing, haloedText, specOf } from "./drawing.ts";
import type { ChartSource } from "./points.ts";
import { ink, palette, plot } from "./theme.ts";

/** Pixels for a row. */
const step = 26;
const colours = { hit: palette[2], miss: ink.ceiling } as const;

export function forecastCharts(hint: ChartHint, source: ChartSource): readonly Drawing[] {
  const groups = Map.groupBy(source.measurements, (m) => m.workload);
  return [...groups].flatMap(([workload, measured]) => {
    // A chart for each target: their shares are of different peaks, and a tile may have one name on both.
    const onTargets = [...Map.groupBy(measured, (m) => m.target)].flatMap(([target, own]) => {
      const forecast = forecastIn(own);
      return forecast ? [{ target, own, forecast }] : [];
    });
    return onTargets.map(({ target, own, forecast }) =>
      drawing(hint, onTargets.length > 1 ? `${workload} ${target}` : workload, forecast, own),
    );
  });
}

function drawing(
  hint: ChartHint,
  workload: string,
  forecast: Forecast,
  measured: readonly Measurement[],
): Drawing {
  const values = forecast.points.map(({ variant, predicted, measured: { value, low, high }, hit }) => ({
    ...{ variant, predicted, value, low, high },
    colour: hit ? colours.hit : colours.miss,
    end: Math.max(predicted, high),
    figure: `${formatPercent(predicted)} → ${formatPercent(value)}${hit ? "" : ", missed"}`,
  }));
  const words = forecastInWords(measured) ?? "";
  const figures = forecast.points.map(
    ({ variant, predicted, measured: m }) =>
      `${variant} predicted ${formatPercent(predicted)}, measured ${formatMeasurement(m)}`,
  );
  return {
    title: hint.title,
    part: workload,
    alt: `${hint.title} (${workload}). ${figures.join("; ")}.`,
    sentence: `At ${workload}: ${words.charAt(0).toLowerCase()}${words.slice(1)}`,
    spec: specOf(
      hint.title,
      `${workload}; ring: predicted, dot: measured with 95 % interval; missed: further than ${100 * hitMargin} points`,
      { width: plot.width - 120, height: { step }, data: { values }, layer },
    ),
  };
}

const y = {
  field: "variant",
  type: "nominal",
  sort: null,
  axis: { title: null, ticks: false, domain: false, grid: true, labelPadding: 8 },
} as const;

/** Beyond 100 % is room for the figures at the right. */
const x = {
  type: "quantitative",
  scale: { domain: [0, 1.3], nice: false },
  axis: { title: "share of the measured peak", values: [0, 0.25, 0.5, 0.75, 1], format: ".0%" },
} as const;

const color = { field: "colour", type: "nominal", scale: null } as const;
const at = (field: string): object => ({ ...x, field });

const layer = [
  {
    mark: { type: "rule", strokeWidth: 3, opacity: 0.35 },
    encoding: { y, x: at("predicted"), x2: { field: "value" }, color },
  },
  {
    mark: { type: "rule", color: ink.text, strokeWidth: 1.5 },
    encoding: { y, x: at("low"), x2: { field: "high" } },
  },
  {
    mark: { type: "point", filled: false, opacity: 1, size: 110, strokeWidth: 2 },
    encoding: { y, x: at("predicted"), color },
  },
  { mark: { type: "point", filled: true, opacity: 1, size: 70 }, encoding: { y, x: at("value"), color } },
  ...haloedText(
    { align: "left", baseline: "middle", dx: 12 },
    { y, x: at("end"), text: { field: "figure" } },
  ),
];
