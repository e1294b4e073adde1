/**
 * `kdaccel articles`: the reading list as a table, all of it or a part.
 */
import { type Command, Option } from "commander";
import type { Connection } from "../../catalog/database/open.ts";
import { type ArticleRow, articleKinds, articles } from "../../catalog/library.ts";
import { withCatalog } from "../../catalog/open-catalog.ts";
import { knownTopic } from "../catalog-selection.ts";
import { known } from "../known.ts";
import type { Laboratory } from "../laboratory.ts";
import { advise, printDocument, printLines, stdoutView } from "../print.ts";
import { experimentsForArticle } from "../selection.ts";
import { table } from "../table.ts";

interface ArticlesOptions {
  readonly topic?: string;
  readonly kind?: string;
  readonly withExperiment?: boolean;
  readonly withoutExperiment?: boolean;
  readonly json?: boolean;
}

type ListedArticle = ArticleRow & { readonly experiments?: readonly string[] };

export function define(command: Command, laboratory: Laboratory): void {
  command
    .option("--topic <id>", "only articles of a topic and all below it")
    .option("--kind <kind>", "only one kind: article, question, repo, tool")
    .addOption(
      new Option("--with-experiment", "only articles that an experiment matches").conflicts(
        "withoutExperiment",
      ),
    )
    .option("--without-experiment", "only articles that no experiment matches yet")
    .option("--json", "print one JSON document")
    .action((options: ArticlesOptions) => withCatalog((db) => list(db, laboratory, options)));
}

async function list(db: Connection, laboratory: Laboratory, options: ArticlesOptions): Promise<void> {
  const topic = knownTopic(db, options.topic);
  const kind = knownKind(db, options.kind);
  const rows = await withExperiments(db, articles(db, { topic, kind }), laboratory, options);
  if (options.json) return printDocument("articles", { articles: rows });
  if (rows.length === 0) return advise("No article matches. `kdaccel articles` lists all of them.");
  const { theme, width } = stdoutView();
  printLines(
    table<ListedArticle>(
      [
        { title: "#", text: ({ number }) => String(number), align: "right", style: theme.id },
        {
          title: "kind",
          text: ({ kind, retired }) => (retired ? `${kind} (left the list)` : kind),
          style: theme.muted,
        },
        { title: "中文", text: ({ titleZh }) => titleZh, flex: 2 },
        { title: "English", text: ({ titleEn }) => titleEn, flex: 3 },
        { title: "topics", text: ({ topics }) => topics.join(" "), flex: 1 },
        ...(options.withExperiment
          ? [
              {
                title: "experiments",
                text: ({ experiments = [] }: ListedArticle) => experiments.join(" "),
                flex: 1,
              },
            ]
          : []),
      ],
      rows,
      { width, heading: theme.muted },
    ),
  );
}

function knownKind(db: Connection, typed: string | undefined): string | undefined {
  if (typed === undefined) return undefined;
  const kinds = articleKinds(db);
  return known("kind", typed, kinds, `There are ${kinds.join(", ")}.`);
}

/** Joins the matching experiments where they are asked for; the registry is not even loaded otherwise. */
async function withExperiments(
  db: Connection,
  rows: readonly ArticleRow[],
  laboratory: Laboratory,
  { withExperiment, withoutExperiment, json }: ArticlesOptions,
): Promise<readonly ListedArticle[]> {
  if (!withExperiment && !withoutExperiment && !json) return rows;
  const all = await laboratory.experiments();
  return rows
    .map((row) => ({ ...row, experiments: experimentsForArticle(db, all, row.number).map(({ id }) => id) }))
    .filter(({ experiments }) => !withExperiment || experiments.length > 0)
    .filter(({ experiments }) => !withoutExperiment || experiments.length === 0);
}
