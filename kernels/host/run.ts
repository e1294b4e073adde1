/**
 * A run: experiments one after the other, their cells in child processes, then the verdicts over everything measured.
 * Yields the one stream of events that ledger, command line and terminal UI consume.
 */
import { evidenceOf } from "../evidence.ts";
import type { Experiment, Measurement, Settings } from "../experiment.ts";
import type { RunEvent } from "../run-events.ts";
import { runCell } from "./cell.ts";
import type { RunPart } from "./plan.ts";

export interface RunRequest {
  readonly parts: readonly RunPart[];
  readonly settings: Settings;
  /** Ends the run: the child finishes its sample, no verdict and no `finished` follow. */
  readonly signal?: AbortSignal;
  /** Main file of the child process; the real one unless a test has its own. */
  readonly child?: URL;
}

/**
 * Runs the parts and yields what happens. Nothing that an experiment does is thrown: it comes as `failed`. The
 * children are gone when the iteration ends, also when the consumer leaves it early.
 *
 * @example
 * for await (const event of runExperiments({ parts: planRun(experiments, settings), settings })) recorder.record(event);
 */
export async function* runExperiments(request: RunRequest): AsyncGenerator<RunEvent> {
  const { parts, signal } = request;
  const began = performance.now();
  yield {
    type: "started",
    experiments: parts.map(({ experiment, cells }) => ({ experiment: experiment.id, cells })),
  };
  for (const part of parts) {
    yield* runPart(part, request);
    if (signal?.aborted) return;
  }
  yield { type: "finished", seconds: (performance.now() - began) / 1000 };
}

async function* runPart(part: RunPart, request: RunRequest): AsyncGenerator<RunEvent> {
  const { settings, signal, child } = request;
  const experiment = part.experiment.id;
  const began = performance.now();
  const measured = [...(part.have ?? [])];
  for (const cell of part.cells) {
    let here: Measurement[] = [];
    for await (const event of runCell({
      experiment,
      cell,
      settings,
      trainings: part.trainings?.(cell),
      signal,
      child,
    })) {
      if (event.type === "measurement") here.push(event);
      if (event.type === "failed" && event.retried) here = [];
      yield event;
    }
    if (signal?.aborted) return;
    measured.push(...here);
  }
  yield* verdicts(part.experiment, measured, settings);
  yield { type: "finished", experiment, seconds: (performance.now() - began) / 1000 };
}

/** The verdict of every claim that the experiment tests. A rule that throws is a failure of the experiment. */
function* verdicts(
  experiment: Experiment,
  measured: readonly Measurement[],
  settings: Settings,
): Generator<RunEvent> {
  const evidence = evidenceOf(measured, settings.profile, settings);
  for (const test of experiment.claims) {
    const { claim, rule } = test;
    try {
      yield { type: "verdict", experiment: experiment.id, claim, rule, ...test.judge(evidence) };
    } catch (error) {
      const message = `the rule of claim ${claim} failed: ${error instanceof Error ? error.message : error}`;
      yield { type: "failed", experiment: experiment.id, reason: "error", message };
    }
  }
}
