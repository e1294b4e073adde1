/**
 * Runs cells in the calling process and collects what they report: for tests and for use as a library. What the host
 * adds (a child process that may crash or hang, events as they come, resuming) is left out.
 */
import type { Cell, Experiment, Measurement, Settings } from "./experiment.ts";
import { createBench } from "./measure/bench.ts";
import type { FailedEvent } from "./run-events.ts";

export interface CellOutcomes {
  readonly measurements: readonly Measurement[];
  readonly failures: readonly FailedEvent[];
}

/** Runs the cells one after the other. @throws whatever a procedure throws. */
export async function runInProcess(
  experiment: Experiment,
  cells: readonly Cell[],
  settings: Settings,
): Promise<CellOutcomes> {
  const measurements: Measurement[] = [];
  const failures: FailedEvent[] = [];
  const procedure = await experiment.load();
  for (const cell of cells) {
    const bench = createBench({
      experiment: experiment.id,
      cell,
      settings,
      excluded: [],
      emit: (event) => {
        if (event.type === "measurement") measurements.push(event);
        if (event.type === "failed") failures.push(event);
      },
    });
    await procedure.run(cell, bench);
  }
  return { measurements, failures };
}
