/**
 * `kdaccel topics`: the tree of topics with what hangs on each and below it.
 */
import type { Command } from "commander";
import type { Connection } from "../../catalog/database/open.ts";
import { type TopicNode, topicTree } from "../../catalog/library.ts";
import { withCatalog } from "../../catalog/open-catalog.ts";
import type { Laboratory } from "../laboratory.ts";
import { printDocument, printLines, stdoutView } from "../print.ts";
import { experimentsForTopic } from "../selection.ts";
import { table } from "../table.ts";

interface Format {
  readonly json?: boolean;
}

type CountedTopic = TopicNode & { readonly experiments: number };

export function define(command: Command, laboratory: Laboratory): void {
  command
    .option("--json", "print one JSON document")
    .action((format: Format) => withCatalog((db) => list(db, laboratory, format)));
}

async function list(db: Connection, laboratory: Laboratory, { json }: Format): Promise<void> {
  const experiments = await laboratory.experiments();
  const topics = topicTree(db).map((topic) => ({
    ...topic,
    experiments: experimentsForTopic(db, experiments, topic.id).length,
  }));
  if (json) return printDocument("topics", { topics });
  const { theme, width } = stdoutView();
  const count = (value: number): string => (value === 0 ? "·" : String(value));
  printLines(
    table<CountedTopic>(
      [
        {
          title: "topic",
          text: ({ id }) => id,
          indent: ({ depth }) => 2 * depth,
          style: theme.id,
        },
        { title: "articles", text: ({ articles }) => count(articles), align: "right" },
        { title: "claims", text: ({ claims }) => count(claims), align: "right" },
        { title: "experiments", text: ({ experiments }) => count(experiments), align: "right" },
        { title: "中文", text: ({ titleZh }) => titleZh, flex: 1 },
        { title: "English", text: ({ titleEn }) => titleEn, flex: 2 },
      ],
      topics,
      { width, heading: theme.muted },
    ),
  );
}
