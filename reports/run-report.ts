/**
 * The report of one run: a page of Markdown, its charts, and the raw data beside it. A pure function of what the ledger
 * and the catalog hold, so the same run gives the same bytes; the page carries no date but the run's own.
 */
import { type DrawnChart, drawCharts } from "./drawn-charts.ts";
import type { ReportFile } from "./folder.ts";
import { rawData } from "./raw-data.ts";
import type { ReportInput } from "./report-input.ts";
import { runDocument } from "./run-document.ts";
import { experimentSection } from "./sections/experiment.ts";
import { machineSection } from "./sections/machine.ts";
import { reproductionSection } from "./sections/reproduction.ts";
import { sourcesSection } from "./sections/sources.ts";
import { summarySection } from "./sections/summary.ts";

/** The page that people open. */
export const reportPage = "report.md";

/** All files of a run's report: the page first, then charts and raw data. */
export async function runReport(input: ReportInput): Promise<ReportFile[]> {
  const charts = await drawCharts(input.stored, input.experiments);
  const articleOf = (claim: string): number | null => input.sources.claims.get(claim)?.article ?? null;
  const document = runDocument("kdaccel/bench/1", input.stored, articleOf);
  return [
    { path: reportPage, text: page(input, charts) },
    ...charts.map(({ path, svg }) => ({ path, text: svg })),
    { path: "run.json", text: `${JSON.stringify(document, null, 2)}\n` },
    ...rawData(input.stored),
  ];
}

function page(input: ReportInput, charts: readonly DrawnChart[]): string {
  const { experiments: ran } = input.stored.run;
  const blocks = [
    ...summarySection(input),
    ...machineSection(input.stored.environment),
    "## Experiments",
    ...(ran.length === 0 ? ["Nothing was planned in this run."] : [howToRead]),
    ...ran.flatMap((id) => experimentSection(input, id, charts)),
    ...sourcesSection(input.sources),
    ...reproductionSection(input.stored),
  ];
  return `${blocks.filter(Boolean).join("\n\n")}\n`;
}

const howToRead =
  "Timed figures are medians with their 95 % interval in brackets; exact ones stand alone. Ratios are taken round by " +
  "round between variants that ran interleaved. Rows in italics are ceilings of the machine, measured in the same " +
  "rounds; they are no contestants.";
