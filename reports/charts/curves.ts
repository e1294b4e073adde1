/**
 * Learning curves: one line a variant, the mean over its seeds after each epoch. Where a line still falls at its end, the
 * training was too short to say which variant ends lower.
 */
import type { ChartHint, FinishedTraining } from "../../kernels/experiment.ts";
import { formatMetric, metricTitle } from "../numbers.ts";
import { type Drawing, specOf } from "./drawing.ts";
import type { ChartSource } from "./points.ts";
import { palette, plot } from "./theme.ts";

/** Two strokes of each colour: beyond, lines could not be told apart. */
const mostLines = 2 * palette.length;

export function curveCharts(hint: ChartHint, { trainings = [] }: ChartSource): readonly Drawing[] {
  const chosen = trainings.filter(
    ({ variant, curves }) =>
      variant.startsWith(hint.variants ?? "") && (curves[hint.metric] ?? []).length > 1,
  );
  return [...Map.groupBy(chosen, ({ workload }) => workload)].map(([workload, here]) =>
    drawing(hint, workload, here),
  );
}

interface Line {
  readonly variant: string;
  readonly seeds: number;
  readonly values: readonly number[];
}

/** The mean of the curves of each variant, over the epochs that all its seeds reached. */
export function meanCurves(trainings: readonly FinishedTraining[], metric: string): Line[] {
  return [...Map.groupBy(trainings, ({ variant }) => variant)].map(([variant, own]) => {
    const curves = own.map(({ curves }) => curves[metric] ?? []);
    const epochs = Math.min(...curves.map(({ length }) => length));
    const values = Array.from(
      { length: epochs },
      (_, epoch) => curves.reduce((sum, curve) => sum + (curve[epoch] as number), 0) / curves.length,
    );
    return { variant, seeds: curves.length, values };
  });
}

function drawing(hint: ChartHint, workload: string, trainings: readonly FinishedTraining[]): Drawing {
  const { metric, title } = hint;
  const all = meanCurves(trainings, metric);
  const lines = all.slice(0, mostLines);
  const named = (line: Line): string =>
    `${line.variant} ${formatMetric(metric, line.values.at(-1) as number)}`;
  const ends = lines.map(named).join(", ");
  const left =
    all.length > lines.length ? ` ${all.length - lines.length} further variants are not drawn.` : "";
  const seeds = Math.max(...lines.map((line) => line.seeds));
  const names = lines.map(({ variant }) => variant);
  const series = { field: "variant", type: "nominal", sort: names };
  return {
    title,
    part: workload,
    alt: `${title} (${workload}). After the last epoch: ${ends}.`,
    sentence: `${workload}: after the last epoch, ${ends}; means over ${seeds} ${seeds === 1 ? "seed" : "seeds"}.${left}`,
    spec: specOf(title, `${workload}; mean over seeds after each epoch`, {
      width: plot.width,
      height: plot.height,
      data: {
        values: lines.flatMap(({ variant, values }) =>
          values.map((value, epoch) => ({ variant, epoch: epoch + 1, value })),
        ),
      },
      mark: { type: "line", strokeWidth: 2 },
      encoding: {
        x: {
          field: "epoch",
          type: "quantitative",
          scale: { nice: false },
          axis: { title: "epoch", grid: false, tickMinStep: 1 },
        },
        y: {
          field: "value",
          type: "quantitative",
          scale: { type: "log" },
          axis: { title: metricTitle(metric), format: ",~g" },
        },
        color: {
          ...series,
          scale: { domain: names, range: names.map((_, i) => palette[i % palette.length]) },
          legend: { columns: 4, symbolType: "stroke" },
        },
        strokeDash: {
          ...series,
          scale: { domain: names, range: names.map((_, i) => (i < palette.length ? [1, 0] : [5, 3])) },
          legend: { columns: 4, symbolType: "stroke" },
        },
      },
    }),
  };
}
