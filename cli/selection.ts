/**
 * From ids on the command line to experiments. Unknown ids end in a suggestion, never in an empty run.
 */
import { didYouMean } from "../catalog/did-you-mean.ts";
import type { Experiment } from "../kernels/experiment.ts";
import { UsageError } from "./exit.ts";

/** The experiment with this id. */
export function experimentCalled(experiments: readonly Experiment[], id: string): Experiment {
  const found = experiments.find((experiment) => experiment.id === id);
  if (found) return found;
  const ids = experiments.map((experiment) => experiment.id);
  throw new UsageError(
    `there is no experiment "${id}"`,
    suggestion(id, ids) ?? "`kdaccel experiments` lists them.",
  );
}

/** `Did you mean tiling or tile?`, or undefined where nothing is near. */
export function suggestion(typed: string, known: Iterable<string>): string | undefined {
  const near = didYouMean(typed, known);
  return near.length > 0 ? `Did you mean ${near.join(" or ")}?` : undefined;
}
