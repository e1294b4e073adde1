/**
 * What a report cites: the claims that a run judged, and the articles and papers that they come from or whose topics its
 * experiments belong to. Read from the catalog once, so that the report itself is a function of plain data.
 */
import type { Connection } from "../catalog/database/open.ts";
import type { StoredRun } from "../catalog/ledger.ts";
import { type ArticleDetail, articleDetail, articles, type Claim, claimById } from "../catalog/library.ts";
import type { Experiment } from "../kernels/experiment.ts";

export interface Sources {
  /** Judged claims by id; a claim that the list dropped is absent. */
  readonly claims: ReadonlyMap<string, Claim>;
  /** Articles that a judged claim stands in, by number. */
  readonly cited: readonly ArticleDetail[];
  /** Further articles on the topics of the experiments, by number. */
  readonly related: readonly ArticleDetail[];
}

/** Reads what a run's report cites. */
export function sourcesOf(db: Connection, stored: StoredRun, experiments: readonly Experiment[]): Sources {
  const claims = new Map<string, Claim>();
  for (const { claim: id } of stored.verdicts) {
    const claim = claimById(db, id);
    if (claim) claims.set(id, claim);
  }
  const cited = new Set([...claims.values()].flatMap(({ article }) => (article === null ? [] : [article])));
  const ran = experiments.filter(({ id }) => stored.run.experiments.includes(id));
  const topics = new Set(ran.flatMap((experiment) => experiment.topics));
  const related = new Set(
    [...topics].flatMap((topic) => articles(db, { topic }).map((article) => article.number)),
  );
  for (const number of cited) related.delete(number);
  const details = (numbers: Iterable<number>): ArticleDetail[] =>
    [...numbers].sort((a, b) => a - b).flatMap((number) => articleDetail(db, number) ?? []);
  return { claims, cited: details(cited), related: details(related) };
}
