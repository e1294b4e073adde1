/**
 * What the catalog's commands share: checking a topic, a kind or a claim that was typed, and joining verdicts and
 * experiments to rows.
 */
import type { Connection } from "../catalog/database/open.ts";
import { type LatestVerdict, latestVerdicts } from "../catalog/ledger.ts";
import { topicIds } from "../catalog/matching.ts";
import type { Experiment } from "../kernels/experiment.ts";
import { UsageError } from "./exit.ts";
import { suggestion } from "./selection.ts";

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

/** A topic that exists, or undefined where none was asked for. */
export function knownTopic(db: Connection, typed: string | undefined): string | undefined {
  if (typed === undefined) return undefined;
  return known("topic", typed, topicIds(db), "`kdaccel topics` lists them.");
}

/** Verdicts by claim; what is not in the map was never tested. */
export type Verdicts = ReadonlyMap<string, LatestVerdict>;

export { latestVerdicts };

/** The experiment that tests a claim, with its rule. */
export function testOf(
  experiments: readonly Experiment[],
  claim: string,
): { experiment: Experiment; rule: string } | undefined {
  for (const experiment of experiments) {
    const test = experiment.claims.find((each) => each.claim === claim);
    if (test) return { experiment, rule: test.rule };
  }
  return undefined;
}
