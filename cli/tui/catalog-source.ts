/** Answers what the terminal UI reads from the open database and the registry of experiments. */
import type { Connection } from "../../catalog/database/open.ts";
import { findRun, latestVerdict, listRuns, loadRun } from "../../catalog/ledger.ts";
import { articleDetail, articles, type Claim, claims, topicById, topicTree } from "../../catalog/library.ts";
import { search } from "../../catalog/search.ts";
import type { Bilingual, Experiment } from "../../kernels/experiment.ts";
import { experimentsForArticle, experimentsForTopic } from "../selection.ts";
import type { ArticleRow, ClaimDetail, ExperimentDetail, Scope, Source } from "./source.ts";

// More rows than anyone scrolls through; the number of matches is told beside them.
const mostFound = 200;

/** The source over an open catalog. */
export function catalogSource(db: Connection, experiments: readonly Experiment[]): Source {
  const matching = new Map<string, readonly Experiment[]>();
  const claim = (it: Claim): ClaimDetail => claimDetail(db, experiments, it);
  const source: Source = {
    topics: () => [
      { id: null, title: { en: "All articles", zh: "全部文章" }, depth: 0, articles: articles(db).length },
      ...topicTree(db).map(({ id, depth, articles: count, ...topic }) => ({
        id,
        title: bilingual(topic),
        depth,
        articles: count,
      })),
    ],
    articles: (topic) => articles(db, { topic: topic ?? undefined }).map(articleRow),
    search(query) {
      const found = search(db, query, { limit: mostFound });
      const rows = found.articles.map(({ number, titleEn, titleZh, matched }) => ({
        number,
        titleEn,
        titleZh,
        ...(matched[0] && { because: matched[0] }),
      }));
      return { rows, count: found.articleCount, suggestion: found.suggestion };
    },
    topic(id) {
      const topic = topicById(db, id);
      return (
        topic && {
          title: bilingual(topic),
          description: topic.description,
          claims: claims(db, { topic: id }).map(claim),
          experiments: source.experimentsFor({ topic: id }).map(experimentDetail),
        }
      );
    },
    article(number) {
      const found = articleDetail(db, number);
      return (
        found && {
          number,
          title: bilingual(found),
          kind: found.kind,
          section: { en: found.sectionEn, zh: found.sectionZh },
          url: found.url,
          topics: found.topics.flatMap((id) => topicById(db, id) ?? []).map(bilingual),
          papers: found.papers.map((paper) => ({
            ...paper,
            where: paper.link ?? "",
            likely: paper.confidence === "likely",
          })),
          claims: found.statements.map(claim),
          experiments: source.experimentsFor({ article: number }).map(experimentDetail),
          neighbours: found.neighbours.map((it) => ({ number: it.number, title: bilingual(it) })),
        }
      );
    },
    experimentsFor(scope) {
      const key = JSON.stringify(scope);
      const known = matching.get(key) ?? experimentsOf(db, experiments, scope);
      matching.set(key, known);
      return known;
    },
    experimentTitle: (id) => experiments.find((it) => it.id === id)?.title ?? { en: id, zh: id },
    runs: () => listRuns(db),
    run(id) {
      const number = findRun(db, id);
      return number === undefined ? undefined : loadRun(db, number);
    },
  };
  return source;
}

function experimentsOf(
  db: Connection,
  experiments: readonly Experiment[],
  scope: Scope,
): readonly Experiment[] {
  if ("article" in scope) return experimentsForArticle(db, experiments, scope.article);
  return scope.topic === null ? experiments : experimentsForTopic(db, experiments, scope.topic);
}

function articleRow(row: { number: number; titleEn: string; titleZh: string }): ArticleRow {
  const { number, titleEn, titleZh } = row;
  return { number, titleEn: { text: titleEn, ranges: [] }, titleZh: { text: titleZh, ranges: [] } };
}

function bilingual({ titleEn, titleZh }: { titleEn: string; titleZh: string }): Bilingual {
  return { en: titleEn, zh: titleZh };
}

function experimentDetail({ id, title, question }: Experiment): ExperimentDetail {
  return { id, title, question };
}

function claimDetail(db: Connection, experiments: readonly Experiment[], claim: Claim): ClaimDetail {
  const verdict = latestVerdict(db, claim.id);
  const experiment = experiments.find((it) => it.claims.some((test) => test.claim === claim.id));
  return {
    id: claim.id,
    statement: { en: claim.statementEn, zh: claim.statementZh },
    source: claim.source === "list" ? "the reading list" : claim.source,
    verdict,
    experiment: experiment?.id,
  };
}
