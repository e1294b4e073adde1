/**
 * From the charts that an experiment asks for to drawings. Each kind is one file with one function; this table names
 * them. A kind that the measurements cannot fill says why instead.
 */
import type { ChartHint } from "../../kernels/experiment.ts";
import { barCharts } from "./bars.ts";
import { curveCharts } from "./curves.ts";
import type { Drawing } from "./drawing.ts";
import { forecastCharts } from "./forecast.ts";
import { ladderCharts } from "./ladder.ts";
import type { ChartSource } from "./points.ts";
import { rooflineCharts } from "./roofline.ts";
import { scatterCharts } from "./scatter.ts";
import { searchCharts } from "./search.ts";
import { sweepCharts } from "./sweep.ts";
import { waterfallCharts } from "./waterfall.ts";

/** A function that draws one kind; an empty list where there is nothing to draw. */
type Draw = (hint: ChartHint, source: ChartSource) => readonly Drawing[];

const kinds: Readonly<Record<ChartHint["kind"], Draw>> = {
  ladder: ladderCharts,
  sweep: sweepCharts,
  roofline: rooflineCharts,
  bars: barCharts,
  search: searchCharts,
  scatter: scatterCharts,
  waterfall: waterfallCharts,
  forecast: forecastCharts,
  curves: curveCharts,
};

/** The drawings for one hint, in the order of the run. */
export function drawingsFor(hint: ChartHint, source: ChartSource): readonly Drawing[] {
  return kinds[hint.kind](hint, source);
}
