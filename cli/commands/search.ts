/**
 * `kdaccel search WORDS`: full-text search with the matches marked, in articles first, then in topics, claims and terms.
 */
import { type Command, InvalidArgumentError } from "commander";
import { withCatalog } from "../../catalog/open-catalog.ts";
import { type ArticleHit, type OtherHit, type SearchResult, search } from "../../catalog/search.ts";
import { UsageError } from "../exit.ts";
import { highlightedLine } from "../highlighted-text.ts";
import { advise, printDocument, printLines, stdoutView, type View } from "../print.ts";
import { columnsOf, pad } from "../terminal-text.ts";

interface SearchOptions {
  readonly limit: number;
  readonly json?: boolean;
}

export function define(command: Command): void {
  command
    .argument("<words...>", 'words in Chinese or English, "a phrase", an arXiv id, a link, or a number')
    .option("--limit <number>", "show at most so many articles", limit, 20)
    .option("--json", "print one JSON document")
    .action((words: string[], options: SearchOptions) =>
      withCatalog((db) => {
        const query = words.join(" ");
        if (!query.trim()) {
          throw new UsageError("there is nothing to search for", "Name a word: kdaccel search 蒸馏");
        }
        show(search(db, query, { limit: options.limit }), options);
      }),
    );
}

function limit(value: string): number {
  const number = Number(value);
  if (/^\d+$/.test(value) && number >= 1 && number <= 1000) return number;
  throw new InvalidArgumentError("It is a whole number from 1 to 1000.");
}

function show(result: SearchResult, { json }: SearchOptions): void {
  if (json) printDocument("search", result);
  else if (result.articles.length > 0 || result.others.length > 0)
    printLines(resultLines(result, stdoutView()));
  else {
    advise(`Nothing has "${result.query}" in ${result.scope}.`);
    if (result.suggestion !== undefined) advise(`Did you mean ${result.suggestion}?`);
  }
}

function resultLines(result: SearchResult, view: View): string[] {
  const { articles, others } = result;
  return [
    ...heading("articles", articles.length, result.articleCount, view),
    ...articles.flatMap((hit) => articleLines(hit, view)),
    ...(articles.length > 0 && others.length > 0 ? [""] : []),
    ...heading("topics, claims and terms", others.length, result.otherCount, view),
    ...others.flatMap((hit) => otherLines(hit, view)),
  ];
}

function heading(what: string, shown: number, found: number, { theme }: View): string[] {
  if (shown === 0) return [];
  return [theme.heading(shown < found ? `${what}: ${shown} of ${found}` : `${what}: ${found}`)];
}

// Room for "#25068" and two spaces; the lines below a title are set in as far.
const numberWidth = 8;

function articleLines({ number, titleZh, titleEn, matched }: ArticleHit, { width, theme }: View): string[] {
  const room = width - numberWidth;
  const indent = " ".repeat(numberWidth);
  return [
    theme.id(pad(`#${number}`, numberWidth)) + highlightedLine(titleZh, room, theme.match),
    indent + highlightedLine(titleEn, room, theme.match),
    ...matched.map(
      (field) =>
        `${indent}${theme.muted(`${field.field}: `)}${highlightedLine(field, room - field.field.length - 2, theme.match)}`,
    ),
  ];
}

function otherLines({ kind, id, zh, en }: OtherHit, { width, theme }: View): string[] {
  const indent = " ".repeat(numberWidth);
  const room = width - numberWidth;
  const name = `${theme.muted(pad(kind, numberWidth))}${theme.id(highlightedLine({ text: id, ranges: [] }, room, String))}`;
  if (kind === "claim")
    return [name, ...[zh, en].map((text) => indent + highlightedLine(text, room, theme.match))];
  const left = room - columnsOf(id) - 2;
  return [
    `${name}  ${highlightedLine({ text: zh.text, ranges: zh.ranges }, left, theme.match)}`,
    indent + highlightedLine(en, room, theme.match),
  ];
}
