/**
 * What the catalog's commands share: checking a topic that was typed, and joining verdicts and experiments to rows.
 */
import type { Connection } from "../catalog/database/open.ts";
import type { LatestVerdict } from "../catalog/ledger.ts";
import { topicIds } from "../catalog/matching.ts";
import type { Experiment } from "../kernels/experiment.ts";
import { known } from "./known.ts";

/** A topic that exists, or undefined where none was asked for. */
export function knownTopic(db: Connection, typed: string | undefined): string | undefined {
  if (typed === undefined) return undefined;
  return known("topic", typed, topicIds(db), "`kdaccel topics` lists them.");
}

/** Verdicts by claim; what is not in the map was never tested. */
export type Verdicts = ReadonlyMap<string, LatestVerdict>;

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
