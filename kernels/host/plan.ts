/**
 * What a run consists of, before anything runs. Apart from run.ts, so that whoever only shows a plan loads no host.
 */
import type { Cell, Experiment, FinishedTraining, Measurement, Settings } from "../experiment.ts";

/** One experiment's share of a run. */
export interface RunPart {
  readonly experiment: Experiment;
  /** The cells to run: all of the plan, or those that a resumed run lacks. */
  readonly cells: readonly Cell[];
  /** What an earlier part of the same run measured in its finished cells. */
  readonly have?: readonly Measurement[];
  /** What an earlier part of the same run trained of a cell that it did not finish. */
  readonly trainings?: (cell: Cell) => readonly FinishedTraining[];
}

/** Every experiment with the cells that it plans under these settings; those without any are left out. */
export function planRun(experiments: readonly Experiment[], settings: Settings): RunPart[] {
  return experiments
    .map((experiment) => ({ experiment, cells: experiment.plan(settings) }))
    .filter(({ cells }) => cells.length > 0);
}

/** Seconds that the cells are expected to take. */
export function expectedSeconds(parts: readonly RunPart[]): number {
  return parts.flatMap((part) => part.cells).reduce((sum, cell) => sum + cell.seconds, 0);
}
