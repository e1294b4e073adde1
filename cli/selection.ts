/**
 * From ids on the command line to experiments. Unknown ids end in a suggestion, never in an empty run.
 */
import type { Experiment } from "../kernels/experiment.ts";
import { UsageError } from "./exit.ts";
import { didYouMean } from "./suggest.ts";

/** The experiment with this id. */
export function experimentCalled(experiments: readonly Experiment[], id: string): Experiment {
  const found = experiments.find((experiment) => experiment.id === id);
  if (found) return found;
  const ids = experiments.map((experiment) => experiment.id);
  throw new UsageError(
    `there is no experiment "${id}"`,
    didYouMean(id, ids) ?? "`kdaccel experiments` lists them.",
  );
}
