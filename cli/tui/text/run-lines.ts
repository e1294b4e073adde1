/**
 * A run as lines: each experiment with its cells as bars, then its verdicts and failures. The same lines for a run that
 * goes on and for a stored one.
 */

import { findingsIn } from "../../../kernels/judge.ts";
import { formatDuration } from "../../../reports/numbers.ts";
import { sparkline } from "../../sparkline.ts";
import { blank, type Line, span, spread } from "../line.ts";
import { type BarChart, barsOf, inWords } from "../model/bars.ts";
import {
  type CellProgress,
  cellsDone,
  type ExperimentProgress,
  type FailureLine,
  type Progress,
  secondsLeft,
  type VerdictLine,
} from "../model/progress.ts";
import { verdictBadge, wrapped } from "./article-lines.ts";
import { axisLine, barLines } from "./bar-lines.ts";

export interface RunTextOptions {
  readonly columns: number;
  /** Title of an experiment by its id. */
  readonly title: (experiment: string) => string;
  /** Words only, one sentence a line: for a screen reader. */
  readonly linear?: boolean;
}

/** All lines of a run's results. */
export function runLines(progress: Progress, options: RunTextOptions): Line[] {
  return progress.experiments.flatMap((experiment, at) => [
    ...(at > 0 ? [blank] : []),
    ...experimentLines(experiment, options, progress.finished),
  ]);
}

function experimentLines(experiment: ExperimentProgress, options: RunTextOptions, finished: boolean): Line[] {
  const { columns } = options;
  const waiting = experiment.cells.filter(
    (cell) => cell.state === "waiting" && cell.measurements.length === 0,
  );
  const shown = experiment.cells.filter((cell) => cell.state !== "waiting" || cell.measurements.length > 0);
  return [
    [
      span(experiment.experiment, "id"),
      { text: "  " },
      span(options.title(experiment.experiment), "heading"),
    ],
    ...shown.flatMap((cell) => cellLines(cell, options, finished)),
    ...(waiting.length > 0 ? waitingLines(waiting, finished, columns) : []),
    ...experiment.failures.flatMap((failure) => failureLines(failure, columns)),
    ...experiment.verdicts.flatMap((verdict) => [blank, ...verdictLines(verdict, columns)]),
  ];
}

function waitingLines(cells: readonly CellProgress[], finished: boolean, columns: number): Line[] {
  const names = cells.map(({ workload }) => workload).join(", ");
  return wrapped(`${finished ? "not run" : "to come"}: ${names}`, columns - 2, "muted", "  ");
}

/** How a cell stands, in words: what it took once it is through. */
function stateOf({ took, state }: CellProgress, finished: boolean): string {
  if (took !== undefined) return formatDuration(took);
  if (state === "done" || state === "failed") return state === "done" ? "" : state;
  return finished ? "not finished" : state;
}

function cellLines(cell: CellProgress, { columns, linear }: RunTextOptions, finished: boolean): Line[] {
  const chart = barsOf(cell.measurements);
  const state = stateOf(cell, finished);
  const left: Line = [{ text: "  " }, span(cell.workload, cell.state === "failed" ? "failure" : "chosen")];
  const head = linear ? [...left, span(` ${state}`)] : spread(left, [span(state, "muted")], columns);
  if (!chart) return [head];
  if (linear) return [head, ...linearBars(chart)];
  return [head, indented(axisLine(chart)), ...barLines(chart, columns - 4).map(indented)];
}

function linearBars(chart: BarChart): Line[] {
  const mixed = new Set(chart.bars.map(({ target }) => target)).size > 1;
  return [[span(`${chart.axis}:`)], ...chart.bars.map((bar): Line => [span(inWords(bar, mixed))])];
}

function indented(line: Line): Line {
  return [{ text: "    " }, ...line];
}

/** A verdict with the claim, the evidence that decided and the rule. */
export function verdictLines({ claim, verdict, evidence, rule }: VerdictLine, columns: number): Line[] {
  return [
    [{ text: "  " }, ...verdictBadge(verdict), { text: "  " }, span(claim, "id")],
    ...findingsIn(evidence).flatMap((finding) => wrapped(finding, columns - 4, undefined, "    ")),
    ...wrapped(`Rule: ${rule}`, columns - 4, "muted", "    "),
  ];
}

function failureLines({ workload, variant, reason, message }: FailureLine, columns: number): Line[] {
  const where = [workload, variant].filter(Boolean).join(" ");
  return wrapped(`${reason}${where ? ` (${where})` : ""}: ${message}`, columns - 2, "failure", "  ");
}

/** Two lines above a live run: how far it is with a bar, and what it does. */
export function liveHead(progress: Progress, status: string, columns: number): Line[] {
  const { done, planned } = cellsDone(progress);
  const left = secondsLeft(progress);
  const share = planned === 0 ? 0 : (done + partOfCell(progress)) / planned;
  const words = progress.finished
    ? `${done} of ${planned} cells`
    : `${done} of ${planned} cells, about ${formatDuration(left)} left`;
  const width = Math.max(10, Math.min(40, columns - words.length - status.length - 6));
  const filled = Math.round(Math.min(1, share) * width);
  const { doing } = progress;
  const amount = doing?.total ? ` ${doing.done ?? 0}/${doing.total}` : "";
  return [
    [
      span(status, "running"),
      { text: "  " },
      { text: "█".repeat(filled), role: "running" },
      { text: "·".repeat(width - filled), role: "axis" },
      { text: "  " },
      span(words),
    ],
    doing
      ? [
          span(`${doing.workload}: ${doing.text}${amount} `, "muted"),
          span(sparkline(doing.curve ?? []), "running"),
        ]
      : blank,
  ];
}

function partOfCell({ doing }: Progress): number {
  return doing?.total ? Math.min(1, (doing.done ?? 0) / doing.total) : 0;
}
