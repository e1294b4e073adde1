/**
 * `kdaccel data`: the sets that experiments can train on. Drawn ones are always there; the well-known ones are downloaded
 * when the user asks for it, and never otherwise.
 */
import type { Command } from "commander";
import {
  addDataSet,
  dataSetFolder,
  dataSourceCalled,
  downloadBytes,
  presenceOf,
  removeDataSet,
} from "../../catalog/fetch/data-folder.ts";
import { type DataSource, dataSources } from "../../catalog/fetch/data-sources.ts";
import { DownloadInterrupted, type DownloadProgress } from "../../catalog/fetch/download.ts";
import { splits } from "../../kernels/data/data-set.ts";
import { fileSets } from "../../kernels/data/files/file-sets.ts";
import { dataSets } from "../../kernels/data/registry.ts";
import { CommandError, exitCodes } from "../exit.ts";
import { known } from "../known.ts";
import { advise, printDocument, printLines, stdoutView } from "../print.ts";
import { statusLine } from "../status-line.ts";
import { table } from "../table.ts";

interface Format {
  readonly json?: boolean;
}

interface AddOptions extends Format {
  readonly mirror?: readonly string[];
}

export function define(command: Command): void {
  command.option("--json", "print one JSON document").action(list);
  const sub = (name: string, summary: string): Command =>
    command.command(name).summary(summary).description(summary);
  const both = (self: Command): Format => self.optsWithGlobals<Format>();
  sub("list", "every set: drawn, or from files, and which of these are here")
    .option("--json", "print one JSON document")
    .action((_options: Format, self: Command) => list(both(self)));
  sub("add", "download a set, or go on with one that was interrupted")
    .argument("<set>", "mnist, fashion-mnist, cifar-10 or cifar-100")
    .option("--mirror <url...>", "servers to take the files from, in place of the known ones")
    .option("--json", "print one JSON document")
    .action((typed: string, _options: AddOptions, self: Command) =>
      add(typed, self.optsWithGlobals<AddOptions>()),
    );
  sub("remove", "delete what was downloaded of a set")
    .argument("<set>", "a set from files")
    .option("--json", "print one JSON document")
    .action((typed: string, _options: Format, self: Command) => remove(typed, both(self)));
  sub("path", "the folder of a set, whether its files are there or not")
    .argument("<set>", "a set from files")
    .action((typed: string) => printLines([dataSetFolder(sourceCalled(typed).name)]));
}

interface Listed {
  readonly name: string;
  readonly kind: "drawn" | "files";
  readonly state: "always" | "whole" | "partly" | "absent";
  readonly summary: string;
  /** To download; null of a drawn set. */
  readonly bytes: number | null;
}

function list({ json }: Format): void {
  const drawn = dataSets.map(
    ({ name, summary }): Listed => ({ name, kind: "drawn", state: "always", summary, bytes: null }),
  );
  const files = dataSources.map((source): Listed => {
    const summary = fileSets.find(({ name }) => name === source.name)?.summary ?? "";
    const { name } = source;
    return { name, kind: "files", state: presenceOf(source), summary, bytes: downloadBytes(source) };
  });
  const all = [...drawn, ...files];
  if (json) printDocument("data", { sets: all });
  else printLines(listLines(all));
}

const stateTexts = {
  always: "drawn when needed",
  whole: "here",
  partly: "partly here",
  absent: "not here",
} as const satisfies Record<Listed["state"], string>;

function listLines(all: readonly Listed[]): string[] {
  const { width, theme } = stdoutView();
  return table<Listed>(
    [
      { title: "set", text: ({ name }) => name, style: theme.id },
      { title: "state", text: ({ state }) => stateTexts[state] },
      { title: "download", text: ({ bytes }) => (bytes === null ? "" : megabytes(bytes)), align: "right" },
      { title: "what", text: ({ summary }) => summary, flex: 1 },
    ],
    all,
    { width, heading: theme.muted },
  );
}

async function add(typed: string, { mirror, json }: AddOptions): Promise<void> {
  const source = sourceCalled(typed);
  const before = presenceOf(source);
  if (before !== "whole") await bring(source, mirror);
  const row = fileSets.find(({ name }) => name === source.name);
  const folder = dataSetFolder(source.name);
  const set = row?.read(folder);
  if (!set) throw new CommandError(`nothing here reads the set ${source.name}`);
  const counts = splits.map((split) => `${set.sizes[split]} for ${split}`).join(", ");
  if (json) printDocument("data-added", { set: source.name, folder, sizes: set.sizes });
  else printLines([`${source.name}: ${counts}`, folder]);
}

/** Downloads with progress on stderr; Ctrl-C keeps what has come. */
async function bring(source: DataSource, mirrors: readonly string[] | undefined): Promise<void> {
  const stopping = new AbortController();
  const stop = (): void => stopping.abort();
  const signals = ["SIGINT", "SIGTERM"] as const;
  for (const signal of signals) process.on(signal, stop);
  const status = statusLine(process.stderr);
  let current = "";
  try {
    await addDataSet(source, {
      signal: stopping.signal,
      ...(mirrors && { mirrors }),
      onFile: ({ name, bytes }) => {
        current = name;
        status.say(`${name} (${megabytes(bytes)})`);
      },
      onProgress: (progress) => {
        if (progress.trouble) status.say(`${progress.url}: ${progress.trouble}`);
        else status.show(progressText(current, progress));
      },
    });
  } catch (error) {
    if (!(error instanceof DownloadInterrupted)) throw error;
    throw new CommandError(
      `interrupted; ${megabytes(error.received)} of ${current} are kept`,
      `\`kdaccel data add ${source.name}\` goes on from there.`,
      exitCodes.interrupted,
    );
  } finally {
    status.end();
    for (const signal of signals) process.off(signal, stop);
  }
}

function progressText(file: string, { received, total, url }: DownloadProgress): string {
  const percent = Math.floor((100 * received) / total);
  return `${file}  ${percent} %  ${megabytes(received)} of ${megabytes(total)}  ${new URL(url).host}`;
}

function remove(typed: string, { json }: Format): void {
  const source = sourceCalled(typed);
  const removed = removeDataSet(source);
  if (json) printDocument("data-removed", { set: source.name, removed });
  else if (removed) printLines([`${source.name} was removed`]);
  else advise(`Nothing of ${source.name} was here.`);
}

function sourceCalled(typed: string): DataSource {
  const names = dataSources.map(({ name }) => name);
  const drawn = dataSets.some(({ name }) => name === typed);
  if (drawn) throw new CommandError(`${typed} is drawn when it is needed: there is nothing to download`);
  const name = known("data set", typed, names, "`kdaccel data list` shows what there is.");
  return dataSourceCalled(name) as DataSource;
}

function megabytes(bytes: number): string {
  return bytes < 1e5 ? `${Math.ceil(bytes / 1000)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
