/**
 * `kdaccel show ID`: one article, claim, topic or experiment in full, whichever the id names.
 */
import type { Command } from "commander";
import type { Connection } from "../../catalog/database/open.ts";
import { articleNumber } from "../../catalog/identifiers.ts";
import { latestVerdicts } from "../../catalog/ledger.ts";
import {
  articleDetail,
  articles,
  claimById,
  claims,
  terms,
  topicById,
  topicPath,
  topicTree,
} from "../../catalog/library.ts";
import { claimIds, existingArticle, topicIds } from "../../catalog/matching.ts";
import { withCatalog } from "../../catalog/open-catalog.ts";
import type { Experiment } from "../../kernels/experiment.ts";
import { articleLines } from "../article-text.ts";
import { claimLines } from "../claim-text.ts";
import { UsageError } from "../exit.ts";
import { experimentDocument, experimentLines } from "../experiment-text.ts";
import { suggestion } from "../known.ts";
import type { Laboratory } from "../laboratory.ts";
import { inside } from "../paragraphs.ts";
import { printDocument, printLines, stdoutView, type View } from "../print.ts";
import { articleCalled, experimentsForArticle, experimentsForTopic } from "../selection.ts";
import { topicLines } from "../topic-text.ts";

interface Format {
  readonly json?: boolean;
}

export function define(command: Command, laboratory: Laboratory): void {
  command
    .argument("<id>", "number of an article (`54`), or id of a claim, a topic or an experiment")
    .option("--json", "print one JSON document")
    .action((typed: string, format: Format) =>
      withCatalog(async (db) => {
        const experiments = await laboratory.experiments();
        const shown = resolve(db, typed.trim(), experiments);
        if (format.json) printDocument("show", shown.document);
        else printLines(shown.lines(inside(stdoutView())));
      }),
    );
}

/** What an id names: one document for programs, lines for people. */
interface Shown {
  readonly document: object;
  lines(view: View): string[];
}

function resolve(db: Connection, typed: string, experiments: readonly Experiment[]): Shown {
  const shown =
    shownArticle(db, typed, experiments) ??
    shownClaim(db, typed, experiments) ??
    shownTopic(db, typed, experiments) ??
    shownExperiment(typed, experiments);
  if (shown) return shown;
  if (articleNumber(typed) !== undefined) articleCalled(db, typed);
  const ids = [...topicIds(db), ...claimIds(db), ...experiments.map(({ id }) => id)];
  throw new UsageError(
    `there is no article, claim, topic or experiment "${typed}"`,
    suggestion(typed, ids) ??
      (typed ? `\`kdaccel search ${typed}\` looks for it everywhere.` : "For example: kdaccel show 57"),
  );
}

function shownArticle(db: Connection, typed: string, all: readonly Experiment[]): Shown | undefined {
  const number = existingArticle(db, typed);
  const article = number === undefined ? undefined : articleDetail(db, number);
  if (!article) return undefined;
  const experiments = experimentsForArticle(db, all, article.number);
  const verdicts = latestVerdicts(db);
  const topics = article.topics.flatMap((id) => topicById(db, id) ?? []);
  const statements = article.statements.map((claim) => ({
    ...claim,
    latest: verdicts.get(claim.id) ?? null,
  }));
  return {
    document: { article: { ...article, statements, experiments: experiments.map(({ id }) => id) } },
    lines: (view) => articleLines(article, { topics, experiments, verdicts }, view),
  };
}

function shownClaim(db: Connection, typed: string, experiments: readonly Experiment[]): Shown | undefined {
  const claim = claimById(db, typed);
  if (!claim) return undefined;
  const verdicts = latestVerdicts(db);
  const testing = experiments.filter((each) => each.claims.some((test) => test.claim === claim.id));
  return {
    document: {
      claim: { ...claim, latest: verdicts.get(claim.id) ?? null, experiments: testing.map(({ id }) => id) },
    },
    lines: (view) => claimLines(claim, { experiments, verdicts }, view),
  };
}

function shownTopic(db: Connection, typed: string, all: readonly Experiment[]): Shown | undefined {
  const topic = topicById(db, typed);
  if (!topic) return undefined;
  const context = {
    path: topicPath(db, typed),
    children: topicTree(db).filter(({ parent }) => parent === typed),
    articles: articles(db, { topic: typed }),
    claims: claims(db, { topic: typed }),
    terms: terms(db, { topic: typed }),
    experiments: experimentsForTopic(db, all, typed),
    verdicts: latestVerdicts(db),
  };
  const { experiments, verdicts, path, ...rest } = context;
  const judged = rest.claims.map((claim) => ({ ...claim, latest: verdicts.get(claim.id) ?? null }));
  const ids = { path: path.map(({ id }) => id), experiments: experiments.map(({ id }) => id) };
  return {
    document: { topic: { ...topic, ...rest, ...ids, claims: judged } },
    lines: (view) => topicLines(topic, context, view),
  };
}

function shownExperiment(typed: string, experiments: readonly Experiment[]): Shown | undefined {
  const experiment = experiments.find(({ id }) => id === typed);
  return (
    experiment && {
      document: { experiment: experimentDocument(experiment) },
      lines: (view) => experimentLines(experiment, view),
    }
  );
}
