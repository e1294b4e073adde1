/**
 * `kdaccel report`: a run as a folder that a colleague can read and re-run. The newest run by default, or the newest one
 * on a topic.
 */
import { relative } from "node:path";
import type { Command } from "commander";
import type { Connection } from "../../catalog/database/open.ts";
import { listRuns, type StoredRun } from "../../catalog/ledger.ts";
import { topicSubtree } from "../../catalog/matching.ts";
import { withCatalog } from "../../catalog/open-catalog.ts";
import type { Experiment } from "../../kernels/experiment.ts";
import { defaultFolder, type WrittenReport, writeReport } from "../../reports/write-report.ts";
import { knownTopic } from "../catalog-selection.ts";
import { UsageError } from "../exit.ts";
import type { Laboratory } from "../laboratory.ts";
import { printDocument, printLines } from "../print.ts";
import { storedRunCalled } from "../stored-run.ts";
import { sanitise } from "../terminal-text.ts";

interface ReportOptions {
  readonly output?: string;
  readonly topic?: string;
  readonly force?: boolean;
  readonly json?: boolean;
}

export function define(command: Command, laboratory: Laboratory): void {
  command
    .argument("[run]", "id of a run (`r12`), or `last` (the default)")
    .option("--topic <id>", "the newest run that covers a topic, instead of a run's id")
    .option("-o, --output <folder>", "where to write it (default: ./kdaccel-report-RUN)")
    .option("--force", "write into a folder that holds other files too; those stay")
    .option("--json", "list the written files as one JSON document")
    .action((typed: string | undefined, options: ReportOptions) =>
      withCatalog((db) => report(db, laboratory, typed, options)),
    );
}

async function report(
  db: Connection,
  laboratory: Laboratory,
  typed: string | undefined,
  options: ReportOptions,
): Promise<void> {
  if (typed !== undefined && options.topic !== undefined) {
    throw new UsageError("a run and --topic were both given", "Name one of them.");
  }
  if (options.output === "") {
    throw new UsageError("-o needs the name of a folder; found an empty one", "For example: -o report");
  }
  const experiments = await laboratory.experiments();
  const stored =
    options.topic === undefined
      ? storedRunCalled(db, typed ?? "last")
      : newestOn(db, experiments, options.topic);
  const directory = options.output ?? defaultFolder(stored.run.id);
  const written = await writeReport({ db, stored, experiments, directory, force: options.force ?? false });
  print(stored, written, options);
}

/** The newest run with all experiments of a topic and everything below it; else the newest with any of them. */
function newestOn(db: Connection, experiments: readonly Experiment[], topic: string): StoredRun {
  const below = new Set(topicSubtree(db, knownTopic(db, topic) ?? topic));
  const wanted = experiments.filter((each) => each.topics.some((id) => below.has(id))).map(({ id }) => id);
  const runs = listRuns(db).filter((run) => run.cells.finished > 0);
  const covering =
    runs.find((run) => wanted.length > 0 && wanted.every((id) => run.experiments.includes(id))) ??
    runs.find((run) => wanted.some((id) => run.experiments.includes(id)));
  if (covering) return storedRunCalled(db, covering.id);
  throw new UsageError(
    `no run on topic "${topic}" is stored`,
    wanted.length > 0
      ? `\`kdaccel bench --topic ${topic}\` makes one.`
      : "No experiment belongs to this topic yet; `kdaccel experiments` lists those there are.",
  );
}

function print({ run }: StoredRun, { folder, files }: WrittenReport, { json }: ReportOptions): void {
  if (json) {
    const listed = files.map(({ path, text }) => ({ path, bytes: Buffer.byteLength(text) }));
    printDocument("report", { run: run.id, status: run.status, folder, files: listed });
    return;
  }
  const shown = relative(process.cwd(), folder) || ".";
  const place = shown.startsWith("..") ? folder : shown;
  printLines(files.map(({ path }) => sanitise(`${place}/${path}`)));
}
