/**
 * Every experiment, by id, topic and claim. Rows are light (no kernel is loaded), so every listing can use them.
 */
import type { Experiment } from "./experiment.ts";

/** All experiments in the order in which `--all` runs them. */
export const experiments: readonly Experiment[] = [];

/** The experiment with this id, or undefined. */
export function experimentById(id: string): Experiment | undefined {
  return experiments.find((experiment) => experiment.id === id);
}

/** The experiment that tests a claim, or undefined while none does. */
export function experimentForClaim(claim: string): Experiment | undefined {
  return experiments.find((experiment) => experiment.claims.some((test) => test.claim === claim));
}

/** Experiments of any of these topics. The caller expands a topic to its subtree, which only the catalog knows. */
export function experimentsForTopics(topics: Iterable<string>): readonly Experiment[] {
  const wanted = new Set(topics);
  return experiments.filter((experiment) => experiment.topics.some((topic) => wanted.has(topic)));
}
