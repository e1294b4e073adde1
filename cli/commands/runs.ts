/**
 * `kdaccel runs`: the ledger. What was run, what came of it; one run in full; away with one.
 */
import type { Command } from "commander";
import type { Connection } from "../../catalog/database/open.ts";
import { deleteRun, listRuns, type RunSummary } from "../../catalog/ledger.ts";
import { articleOfClaim } from "../../catalog/matching.ts";
import { withCatalog } from "../../catalog/open-catalog.ts";
import { commandLine } from "../../reports/command-line.ts";
import { runDocument } from "../../reports/run-document.ts";
import { CommandError } from "../exit.ts";
import type { Laboratory } from "../laboratory.ts";
import { momentText } from "../moment.ts";
import { advise, printDocument, printLines, stdoutView, type View } from "../print.ts";
import { runHeading, runLines } from "../run-tables.ts";
import { storedRunCalled } from "../stored-run.ts";
import { table } from "../table.ts";

interface Format {
  readonly json?: boolean;
}

export function define(command: Command, laboratory: Laboratory): void {
  command.option("--json", "print one JSON document").action((format: Format) =>
    withCatalog((db) => {
      list(listRuns(db), format);
    }),
  );
  command
    .command("show")
    .summary("one run in full: tables, failures, verdicts")
    .argument("<run>", "id of a run (`r12`), or `last`")
    .option("--json", "print one JSON document")
    .action((typed: string, _options: Format, self: Command) =>
      withCatalog((db) => show(db, typed, self.optsWithGlobals<Format>(), laboratory)),
    );
  command
    .command("delete")
    .summary("delete a run with everything that it measured")
    .argument("<run>", "id of a run (`r12`), or `last`")
    .action((typed: string) => withCatalog((db) => remove(db, typed)));
}

function list(runs: readonly RunSummary[], { json }: Format): void {
  if (json) printDocument("runs", { runs: runs.map(publicSummary) });
  else if (runs.length === 0)
    advise("Nothing was run yet. `kdaccel bench --topic tiling` makes a first run.");
  else printLines(listLines(runs, stdoutView()));
}

function listLines(runs: readonly RunSummary[], { theme, width }: View): string[] {
  const statusStyle = (text: string, { status }: RunSummary): string =>
    status === "killed" || status === "interrupted" ? theme.warning(text) : text;
  return table<RunSummary>(
    [
      { title: "run", text: ({ id }) => id, style: theme.id },
      { title: "started", text: ({ startedAt }) => momentText(startedAt) },
      { title: "status", text: ({ status }) => status, style: statusStyle },
      { title: "profile", text: ({ settings }) => settings.profile },
      { title: "done", text: ({ cells }) => `${cells.finished}/${cells.planned}`, align: "right" },
      { title: "verdicts", text: verdictCounts },
      { title: "failures", text: ({ failures }) => (failures ? String(failures) : ""), align: "right" },
      { title: "experiments", text: ({ experiments }) => experiments.join(" "), flex: 1 },
    ],
    runs,
    { width, heading: theme.muted },
  );
}

/** `2 confirmed, 1 refuted`. */
function verdictCounts({ verdicts }: RunSummary): string {
  return Object.entries(verdicts)
    .filter(([, count]) => count > 0)
    .map(([verdict, count]) => `${count} ${verdict}`)
    .join(", ");
}

function publicSummary({ settings, command, ...run }: RunSummary): object {
  return { ...run, ...settings, command: commandLine(command) };
}

async function show(db: Connection, typed: string, { json }: Format, laboratory: Laboratory): Promise<void> {
  const stored = storedRunCalled(db, typed);
  if (json) {
    const document = runDocument("kdaccel/run/1", stored, (claim) => articleOfClaim(db, claim));
    process.stdout.write(`${JSON.stringify(document, null, 2)}\n`);
    return;
  }
  const experiments = await laboratory.experiments();
  const title = (id: string): string | undefined => experiments.find((each) => each.id === id)?.title.en;
  const view = { ...stdoutView(), title };
  printLines([...runHeading(stored, view), "", ...runLines(stored, view)]);
  if (stored.run.status === "killed" || stored.run.status === "interrupted") {
    advise(`To complete it: kdaccel bench --resume ${stored.run.id}`);
  }
}

function remove(db: Connection, typed: string): void {
  const { run } = storedRunCalled(db, typed);
  if (run.status === "running") {
    throw new CommandError(`run ${run.id} is still going on`, "End it first, then delete it.");
  }
  deleteRun(db, Number(run.id.slice(1)));
  printLines([`Deleted run ${run.id}.`]);
}
