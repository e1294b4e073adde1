/**
 * From what the user asked for to experiments. Unknown ids end in a suggestion, never in an empty run.
 */
import type { Connection } from "../catalog/database/open.ts";
import { claimIds, existingArticle, testableIn, topicIds, topicSubtree } from "../catalog/matching.ts";
import type { Experiment } from "../kernels/experiment.ts";
import { CommandError, exitCodes, UsageError } from "./exit.ts";
import { known } from "./known.ts";

/** What to run; everything that is named is run, each experiment once. */
export interface Wish {
  readonly topic?: readonly string[];
  readonly experiment?: readonly string[];
  readonly article?: readonly string[];
  readonly claim?: readonly string[];
  readonly all?: boolean;
}

/**
 * The experiments that match a wish, in the order of the registry.
 *
 * @throws UsageError for an unknown id or an empty wish; CommandError (exit code 5) where no experiment matches
 */
export function chosenExperiments(
  db: Connection,
  experiments: readonly Experiment[],
  wish: Wish,
): readonly Experiment[] {
  if (wish.all) return experiments;
  const chosen = new Set<Experiment>();
  const choose = (found: readonly Experiment[], what: string): void => {
    if (found.length === 0) throw nothingMatches(what);
    for (const experiment of found) chosen.add(experiment);
  };
  for (const id of wish.experiment ?? []) choose([experimentCalled(experiments, id)], id);
  for (const id of wish.topic ?? []) choose(forTopic(db, experiments, id), `topic ${id} or a topic below it`);
  for (const id of wish.claim ?? []) choose(forClaim(db, experiments, id), `claim ${id}`);
  for (const typed of wish.article ?? []) {
    choose(experimentsForArticle(db, experiments, articleCalled(db, typed)), `article ${typed}`);
  }
  if (chosen.size > 0) return experiments.filter((experiment) => chosen.has(experiment));
  throw new UsageError(
    "nothing was named that should run",
    "Name an experiment, or choose with --topic, --article, --claim or --all; --list shows what would run.",
  );
}

/** The experiment with this id. */
export function experimentCalled(experiments: readonly Experiment[], id: string): Experiment {
  const ids = experiments.map((experiment) => experiment.id);
  const found = known("experiment", id, ids, "`kdaccel experiments` lists them.");
  return experiments[ids.indexOf(found)] as Experiment;
}

/**
 * Experiments that match an article: those that test its claims; where none does, those of its own topics, not of
 * topics below or above.
 */
export function experimentsForArticle(
  db: Connection,
  experiments: readonly Experiment[],
  article: number,
): readonly Experiment[] {
  const { claims, topics } = testableIn(db, article);
  const testing = experiments.filter((each) => each.claims.some((test) => claims.includes(test.claim)));
  if (testing.length > 0) return testing;
  return experiments.filter((each) => each.topics.some((topic) => topics.includes(topic)));
}

/** Experiments of a topic and all below it. */
export function experimentsForTopic(
  db: Connection,
  experiments: readonly Experiment[],
  topic: string,
): readonly Experiment[] {
  const below = new Set(topicSubtree(db, topic));
  return experiments.filter((experiment) => experiment.topics.some((id) => below.has(id)));
}

function forTopic(db: Connection, experiments: readonly Experiment[], id: string): readonly Experiment[] {
  return experimentsForTopic(
    db,
    experiments,
    known("topic", id, topicIds(db), "`kdaccel topics` lists them."),
  );
}

function forClaim(db: Connection, experiments: readonly Experiment[], id: string): readonly Experiment[] {
  const testing = experiments.filter((each) => each.claims.some((test) => test.claim === id));
  // What the registry tests can be run even where the list has dropped the claim.
  if (testing.length === 0) known("claim", id, claimIds(db), "`kdaccel claims` lists them.");
  return testing;
}

/** The number of an article that is typed as `54` or `#54`. */
export function articleCalled(db: Connection, typed: string): number {
  const number = existingArticle(db, typed);
  if (number !== undefined) return number;
  throw new UsageError(
    `there is no article "${typed}"`,
    "An article is named by its number; `kdaccel articles` lists them.",
  );
}

function nothingMatches(what: string): CommandError {
  return new CommandError(
    `no experiment tests ${what} yet`,
    "`kdaccel experiments` lists what can be run.",
    exitCodes.nothingMeasured,
  );
}
