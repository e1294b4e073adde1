/**
 * One cell, whatever happens in it: a variant that crashes or hangs is blamed, and the cell is run again without it,
 * because the others are not to suffer. Every attempt has a process of its own.
 */
import type { Cell, FinishedTraining, Settings, VariantRef } from "../experiment.ts";
import type { FailedEvent, RunEvent } from "../run-events.ts";
import { type Mishap, runInChild } from "./child-process.ts";
import type { Job } from "./protocol.ts";

export interface CellRequest {
  readonly experiment: string;
  readonly cell: Cell;
  readonly settings: Settings;
  /** What an earlier part of the run has trained of this cell. */
  readonly trainings?: readonly FinishedTraining[] | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly child?: URL | undefined;
}

// A cell whose variants die one after the other tells no more after the third.
const mostAttempts = 4;
const defaultSilenceSeconds = 60;

/** Runs the cell; yields `finished` only if it is complete, so that a resumed run tries it again otherwise. */
export async function* runCell(request: CellRequest): AsyncGenerator<RunEvent> {
  const { experiment, cell, settings, signal, child } = request;
  const began = performance.now();
  const excluded: VariantRef[] = [];
  // A training gives the same again: what a crashed attempt had finished is kept.
  const trainings = [...(request.trainings ?? [])];
  for (let attempt = 1; attempt <= mostAttempts; attempt++) {
    const job: Job = { experiment, cell, settings, excluded, trainings };
    const options = { silence: cell.silence ?? defaultSilenceSeconds, signal, entry: child };
    const ending = yield* keepingTrainings(runInChild(job, options), trainings);
    if (ending.how === "stopped") return;
    if (ending.how === "done") {
      yield { type: "finished", experiment, workload: cell.workload, seconds: secondsSince(began) };
      return;
    }
    const culprit = ending.how === "error" ? undefined : blamed(cell, excluded, ending.suspect);
    if (culprit) excluded.push(culprit);
    const retried = culprit !== undefined && excluded.length < cell.variants.length && attempt < mostAttempts;
    yield failure(request, ending, culprit, retried);
    if (!retried) return;
  }
}

/** Passes the events on, and adds finished trainings to a list. */
async function* keepingTrainings<Ending>(
  events: AsyncGenerator<RunEvent, Ending>,
  kept: FinishedTraining[],
): AsyncGenerator<RunEvent, Ending> {
  try {
    for (;;) {
      const next = await events.next();
      if (next.done) return next.value;
      if (next.value.type === "training") {
        const { variant, target, seed, seconds, figures, curves, failure } = next.value;
        const done = { variant, target, seed, seconds, figures, curves };
        kept.push(failure === undefined ? done : { ...done, failure });
      }
      yield next.value;
    }
  } finally {
    // Whoever stops listening ends the child too.
    await events.return(undefined as Ending);
  }
}

/** The variant that was announced last, if it is one that could be left out. */
function blamed(cell: Cell, excluded: readonly VariantRef[], suspect?: VariantRef): VariantRef | undefined {
  const is = (ref: VariantRef): boolean => ref.variant === suspect?.variant && ref.target === suspect.target;
  return excluded.some(is) ? undefined : cell.variants.find(is);
}

function failure(
  { experiment, cell }: CellRequest,
  ending: Mishap,
  culprit: VariantRef | undefined,
  retried: boolean,
): FailedEvent {
  return {
    type: "failed",
    experiment,
    workload: cell.workload,
    ...(culprit && { variant: culprit.variant, target: culprit.target }),
    reason: ending.how,
    message: ending.message,
    ...(retried && { retried }),
  };
}

function secondsSince(began: number): number {
  return (performance.now() - began) / 1000;
}
