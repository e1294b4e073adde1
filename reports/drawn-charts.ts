/**
 * The charts of a run as files: drawn experiment by experiment, in the order of the run, each under a name that says
 * what it shows.
 */
import type { StoredRun } from "../catalog/ledger.ts";
import type { ChartHint, Experiment } from "../kernels/experiment.ts";
import { drawingsFor } from "./charts/chart.ts";
import type { Drawing } from "./charts/drawing.ts";
import { renderSvg } from "./charts/render.ts";
import { chartFolder } from "./folder.ts";

export interface DrawnChart extends Omit<Drawing, "spec"> {
  readonly experiment: string;
  readonly hint: ChartHint;
  /** Inside the report's folder: `charts/02-gemm-ladder-ladder-512x512x512.svg`. */
  readonly path: string;
  readonly svg: string;
}

/** Draws what the experiments of a run ask for and its measurements can fill. */
export async function drawCharts(
  stored: StoredRun,
  experiments: readonly Experiment[],
): Promise<DrawnChart[]> {
  const drawn: DrawnChart[] = [];
  for (const id of stored.run.experiments) {
    const measurements = stored.measurements.filter((m) => m.experiment === id);
    const trainings = stored.trainings.filter((training) => training.experiment === id);
    const hints = experiments.find((experiment) => experiment.id === id)?.charts ?? [];
    for (const hint of hints) {
      const source = { measurements, all: stored.measurements, trainings };
      for (const { spec, ...drawing } of drawingsFor(hint, source)) {
        const path = `${chartFolder}/${fileName(drawn.length + 1, [id, hint.kind, drawing.part])}`;
        drawn.push({ ...drawing, experiment: id, hint, path, svg: await renderSvg(spec) });
      }
    }
  }
  return drawn;
}

/** Longest part of a file's name that comes from a workload. */
const longestPart = 40;

function fileName(number: number, parts: readonly string[]): string {
  const plain = parts
    .map((part) =>
      part
        .toLowerCase()
        .replace(/[^a-z0-9]+/g, "-")
        .slice(0, longestPart)
        .replace(/^-+|-+$/g, ""),
    )
    .filter(Boolean);
  return `${[String(number).padStart(2, "0"), ...plain].join("-")}.svg`;
}
