/**
 * Checks what a person typed against what there is. One place, so that every unknown id, topic, kind and variant ends
 * alike: with the nearest names, else with what lists them, and exit code 2.
 */
import { didYouMean } from "../catalog/did-you-mean.ts";
import { UsageError } from "./exit.ts";

/**
 * The word if it is one of the known ones.
 *
 * @throws UsageError with the nearest ones, or with what lists them
 */
export function known(kind: string, typed: string, all: Iterable<string>, listing: string): string {
  const candidates = [...all];
  if (candidates.includes(typed)) return typed;
  throw new UsageError(`there is no ${kind} "${typed}"`, suggestion(typed, candidates) ?? listing);
}

/** `Did you mean tiling or tile?`, or undefined where nothing is near. */
export function suggestion(typed: string, names: Iterable<string>): string | undefined {
  const near = didYouMean(typed, names);
  return near.length > 0 ? `Did you mean ${near.join(" or ")}?` : undefined;
}
