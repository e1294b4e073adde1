/**
 * What is known of a run, folded from its events or read from the ledger: the same record either way, so that a run
 * looks the same while it goes on and a year later.
 */
import type { StoredRun } from "../../../catalog/ledger.ts";
import type { FailureReason, Measurement, Verdict } from "../../../kernels/experiment.ts";
import type { RunEvent } from "../../../kernels/run-events.ts";

export type CellState = "waiting" | "running" | "done" | "failed";

export interface CellProgress {
  readonly workload: string;
  readonly state: CellState;
  /** Seconds it was expected to take, and what it took; undefined where not known. */
  readonly expected: number;
  readonly took?: number;
  readonly measurements: readonly Measurement[];
}

export interface VerdictLine {
  readonly claim: string;
  readonly verdict: Verdict;
  readonly rule: string;
  readonly evidence: string;
}

export interface FailureLine {
  readonly workload?: string;
  readonly variant?: string;
  readonly reason: FailureReason;
  readonly message: string;
}

export interface ExperimentProgress {
  readonly experiment: string;
  readonly cells: readonly CellProgress[];
  readonly verdicts: readonly VerdictLine[];
  readonly failures: readonly FailureLine[];
}

/** What the run does at the moment. */
export interface Doing {
  readonly experiment: string;
  readonly workload: string;
  readonly text: string;
  readonly done?: number;
  readonly total?: number;
  /** What is being learnt, epoch by epoch so far. */
  readonly curve?: readonly number[];
}

export interface Progress {
  readonly experiments: readonly ExperimentProgress[];
  readonly doing: Doing | null;
  readonly finished: boolean;
}

export const nothingYet: Progress = { experiments: [], doing: null, finished: false };

/** The progress after one event. */
export function withEvent(progress: Progress, event: RunEvent): Progress {
  switch (event.type) {
    case "started":
      return { ...nothingYet, experiments: event.experiments.map(planned) };
    case "sample":
    case "training":
      return progress;
    case "progress":
      return underWay(progress, event);
    case "measurement":
      return inCell(progress, event, (cell) => ({ ...cell, measurements: [...cell.measurements, event] }));
    case "verdict":
      return inExperiment(progress, event.experiment, (it) => ({ ...it, verdicts: [...it.verdicts, event] }));
    case "failed":
      return withFailure(progress, event);
    case "finished":
      return withEnd(progress, event);
  }
}

/** The progress of a stored run; its cells are all done, or never came to it. */
export function progressOf(stored: StoredRun): Progress {
  const ids = [...new Set(stored.cells.map(({ experiment }) => experiment))];
  const experiments = ids.map((experiment): ExperimentProgress => {
    const here = <T extends { experiment: string }>(rows: readonly T[]): T[] =>
      rows.filter((row) => row.experiment === experiment);
    return {
      experiment,
      cells: here(stored.cells).map(({ workload, finished, seconds }) => ({
        workload,
        state: finished ? "done" : "waiting",
        expected: seconds ?? 0,
        ...(seconds === null ? {} : { took: seconds }),
        measurements: here(stored.measurements).filter((row) => row.workload === workload),
      })),
      verdicts: here(stored.verdicts),
      failures: here(stored.failures).map(({ workload, variant, reason, message }) =>
        failureLine({ workload: workload ?? undefined, variant: variant ?? undefined, reason, message }),
      ),
    };
  });
  return { experiments, doing: null, finished: stored.run.status !== "running" };
}

/** How many cells are through, of how many. */
export function cellsDone({ experiments }: Progress): { done: number; planned: number } {
  const cells = experiments.flatMap((experiment) => experiment.cells);
  const done = cells.filter(({ state }) => state === "done" || state === "failed").length;
  return { done, planned: cells.length };
}

/** How many claims got which verdict. */
export function verdictCounts({ experiments }: Progress): Record<Verdict, number> {
  const counts = { confirmed: 0, refuted: 0, inconclusive: 0 };
  for (const { verdicts } of experiments) for (const { verdict } of verdicts) counts[verdict]++;
  return counts;
}

/**
 * Seconds that the rest is expected to take: the plan's expectation, corrected by how long the finished cells took,
 * less what the running cell has used up.
 */
export function secondsLeft({ experiments, doing }: Progress): number {
  const cells = experiments.flatMap((experiment) => experiment.cells);
  const through = cells.filter(({ took }) => took !== undefined);
  const expected = through.reduce((sum, cell) => sum + cell.expected, 0);
  const took = through.reduce((sum, cell) => sum + (cell.took ?? 0), 0);
  // Plans are right within a factor of two; a correction beyond four would be one odd cell.
  const pace = expected > 0 ? Math.min(4, Math.max(0.25, took / expected)) : 1;
  const waiting = cells.filter(({ state }) => state === "waiting");
  const running = cells.find(({ state }) => state === "running");
  const share = doing?.total ? 1 - (doing.done ?? 0) / doing.total : 1;
  return pace * (waiting.reduce((sum, cell) => sum + cell.expected, 0) + share * (running?.expected ?? 0));
}

type Started = Extract<RunEvent, { type: "started" }>["experiments"][number];

function planned({ experiment, cells }: Started): ExperimentProgress {
  const waiting = cells.map(({ workload, seconds }): CellProgress => {
    return { workload, state: "waiting", expected: seconds, measurements: [] };
  });
  return { experiment, cells: waiting, verdicts: [], failures: [] };
}

function underWay(progress: Progress, event: Extract<RunEvent, { type: "progress" }>): Progress {
  const { experiment, workload, doing: text, done, total, curve } = event;
  const amount = done === undefined || total === undefined ? {} : { done, total };
  const doing = { experiment, workload, text, ...amount, ...(curve && { curve }) };
  const current = progress.experiments
    .find((it) => it.experiment === experiment)
    ?.cells.find((cell) => cell.workload === workload);
  if (current?.state !== "waiting") return { ...progress, doing };
  return { ...inCell(progress, event, (cell) => ({ ...cell, state: "running" })), doing };
}

function withFailure(progress: Progress, event: Extract<RunEvent, { type: "failed" }>): Progress {
  const marked = inExperiment(progress, event.experiment, (it) => ({
    ...it,
    failures: [...it.failures, failureLine(event)],
  }));
  const { workload } = event;
  if (!event.retried || workload === undefined) return marked;
  // The cell starts afresh without the culprit.
  return inCell(marked, { experiment: event.experiment, workload }, (cell) => ({
    ...cell,
    measurements: [],
  }));
}

function failureLine(failure: {
  readonly workload?: string | undefined;
  readonly variant?: string | undefined;
  readonly reason: FailureReason;
  readonly message: string;
}): FailureLine {
  const { workload, variant, reason, message } = failure;
  return { ...(workload && { workload }), ...(variant && { variant }), reason, message };
}

function withEnd(progress: Progress, event: Extract<RunEvent, { type: "finished" }>): Progress {
  const { experiment, workload, seconds } = event;
  if (experiment === undefined) return { ...progress, doing: null, finished: true };
  if (workload !== undefined) {
    return inCell(progress, { experiment, workload }, (cell) => ({ ...cell, state: "done", took: seconds }));
  }
  // All cells of the experiment were tried: one that did not finish has failed.
  return inExperiment(progress, experiment, (it) => ({
    ...it,
    cells: it.cells.map((cell) => (cell.state === "done" ? cell : { ...cell, state: "failed" })),
  }));
}

function inExperiment(
  progress: Progress,
  id: string,
  change: (experiment: ExperimentProgress) => ExperimentProgress,
): Progress {
  const experiments = progress.experiments.map((it) => (it.experiment === id ? change(it) : it));
  return { ...progress, experiments };
}

function inCell(
  progress: Progress,
  place: { readonly experiment: string; readonly workload: string },
  change: (cell: CellProgress) => CellProgress,
): Progress {
  return inExperiment(progress, place.experiment, (it) => ({
    ...it,
    cells: it.cells.map((cell) => (cell.workload === place.workload ? change(cell) : cell)),
  }));
}
