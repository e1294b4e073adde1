/**
 * `kdaccel experiments`: what can be run here, by topic. Nothing is measured and no kernel is loaded.
 */
import type { Command } from "commander";
import type { Connection } from "../../catalog/database/open.ts";
import { withCatalog } from "../../catalog/open-catalog.ts";
import type { Experiment } from "../../kernels/experiment.ts";
import { knownTopic } from "../catalog-selection.ts";
import { experimentDocument } from "../experiment-text.ts";
import type { Laboratory } from "../laboratory.ts";
import { advise, printDocument, printLines, stdoutView } from "../print.ts";
import { experimentsForTopic } from "../selection.ts";
import { table } from "../table.ts";

interface ExperimentsOptions {
  readonly topic?: string;
  readonly json?: boolean;
}

export function define(command: Command, laboratory: Laboratory): void {
  command
    .option("--topic <id>", "only experiments of a topic and all below it")
    .option("--json", "print one JSON document")
    .action((options: ExperimentsOptions) => withCatalog((db) => list(db, laboratory, options)));
}

async function list(db: Connection, laboratory: Laboratory, options: ExperimentsOptions): Promise<void> {
  const topic = knownTopic(db, options.topic);
  const all = await laboratory.experiments();
  const rows = topic === undefined ? all : experimentsForTopic(db, all, topic);
  if (options.json) return printDocument("experiments", { experiments: rows.map(experimentDocument) });
  if (rows.length === 0) {
    return advise(`No experiment belongs to ${topic ?? "any topic"} yet. \`kdaccel topics\` counts them.`);
  }
  const { theme, width } = stdoutView();
  printLines(
    table<Experiment>(
      [
        { title: "experiment", text: ({ id }) => id, style: theme.id },
        { title: "topics", text: ({ topics }) => topics.join(" ") },
        { title: "claims", text: ({ claims }) => String(claims.length), align: "right" },
        { title: "title", text: ({ title }) => title.en, flex: 1 },
        { title: "中文", text: ({ title }) => title.zh, flex: 1 },
      ],
      rows,
      { width, heading: theme.muted },
    ),
  );
}
