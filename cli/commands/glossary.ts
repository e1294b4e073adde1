/**
 * `kdaccel glossary [TERM]`: what a word of the field means, in English and Chinese.
 */
import type { Command } from "commander";
import type { Connection } from "../../catalog/database/open.ts";
import { type Term, terms } from "../../catalog/library.ts";
import { withCatalog } from "../../catalog/open-catalog.ts";
import { knownTopic } from "../catalog-selection.ts";
import { UsageError } from "../exit.ts";
import { suggestion } from "../known.ts";
import { advise, printDocument, printLines, stdoutView, type View } from "../print.ts";
import { table } from "../table.ts";
import { sanitise, wrap } from "../terminal-text.ts";

interface GlossaryOptions {
  readonly topic?: string;
  readonly json?: boolean;
}

export function define(command: Command): void {
  command
    .argument("[term...]", "a term in English or Chinese; without it, all terms")
    .option("--topic <id>", "only terms of a topic and all below it")
    .option("--json", "print one JSON document")
    .action((words: string[], options: GlossaryOptions) =>
      withCatalog((db) => show(db, words.join(" ").trim(), options)),
    );
}

function show(db: Connection, typed: string, options: GlossaryOptions): void {
  const topic = knownTopic(db, options.topic);
  const found = typed ? termsCalled(db, typed) : terms(db, { topic });
  const view = stdoutView();
  if (options.json) printDocument("glossary", { terms: found });
  else if (found.length === 0) advise("No term belongs to this topic. `kdaccel glossary` lists all of them.");
  else printLines(typed ? found.flatMap((term) => termLines(term, view)) : listLines(found, view));
}

function termsCalled(db: Connection, typed: string): Term[] {
  const found = terms(db, { term: typed });
  if (found.length > 0) return found;
  const names = terms(db).flatMap(({ term, zh }) => [term, zh]);
  throw new UsageError(
    `the glossary has no "${typed}"`,
    suggestion(typed, names) ??
      "`kdaccel glossary` lists its terms; `kdaccel search` looks inside definitions.",
  );
}

function termLines({ term, zh, expansion, definition, topic }: Term, { theme, width }: View): string[] {
  const title = `${theme.heading(sanitise(term))}  ${sanitise(zh)}`;
  const expanded = expansion.toLowerCase() === term.toLowerCase() ? [] : [sanitise(expansion)];
  return [title, ...expanded, ...wrap(sanitise(definition), width), theme.muted(`topic: ${topic}`)];
}

function listLines(all: readonly Term[], { theme, width }: View): string[] {
  return table<Term>(
    [
      { title: "term", text: ({ term }) => term, style: theme.id },
      { title: "中文", text: ({ zh }) => zh },
      { title: "meaning", text: ({ definition }) => definition, flex: 1 },
    ],
    all,
    { width, heading: theme.muted },
  );
}
