/**
 * `kdaccel open ARTICLE`: the article or one of its papers in the browser; the link on stdout where there is none.
 */
import { type Command, InvalidArgumentError } from "commander";
import type { Connection } from "../../catalog/database/open.ts";
import { type ArticleDetail, articleDetail } from "../../catalog/library.ts";
import { withCatalog } from "../../catalog/open-catalog.ts";
import { CommandError, UsageError } from "../exit.ts";
import { openerFor, start } from "../opener.ts";
import { advise, printDocument, printLines } from "../print.ts";
import { articleCalled } from "../selection.ts";
import { sanitise } from "../terminal-text.ts";

interface OpenOptions {
  readonly paper?: number;
  readonly print?: boolean;
  readonly json?: boolean;
}

export function define(command: Command): void {
  command
    .argument("<article>", "number of an article")
    .option("--paper <number>", "open its paper with this number, as `show` counts them", paperNumber)
    .option("--print", "print the link and open nothing")
    .option("--json", "print one JSON document and open nothing")
    .action((typed: string, options: OpenOptions) => withCatalog((db) => open(db, typed, options)));
}

function paperNumber(value: string): number {
  if (/^[1-9]\d{0,3}$/.test(value)) return Number(value);
  throw new InvalidArgumentError("Papers are counted from 1.");
}

async function open(db: Connection, typed: string, options: OpenOptions): Promise<void> {
  const number = articleCalled(db, typed);
  const article = articleDetail(db, number) as ArticleDetail;
  const link = linkOf(article, options.paper);
  if (options.json) return printDocument("open", { article: number, paper: options.paper ?? null, link });
  if (options.print) return printLines([sanitise(link)]);
  const opener = openerFor(link);
  if (opener && (await start(opener))) return advise(`Opened ${link}`);
  advise(
    opener
      ? `${opener.command} could not open it; here is the link:`
      : "There is no desktop to open it on; here is the link:",
  );
  printLines([sanitise(link)]);
}

function linkOf(article: ArticleDetail, paper: number | undefined): string {
  const { number, papers, url } = article;
  if (paper === undefined) return url;
  const found = papers.find(({ position }) => position === paper);
  if (!found) {
    const count = papers.length === 1 ? "1 paper" : `${papers.length} papers`;
    throw new UsageError(
      `article ${number} has ${count}, and no number ${paper}`,
      `\`kdaccel show ${number}\` lists them.`,
    );
  }
  if (found.link) return found.link;
  throw new CommandError(
    `nothing is known of where to read "${found.title}"`,
    `\`kdaccel open ${number}\` opens the article.`,
  );
}
