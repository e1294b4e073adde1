/**
 * Markdown that shows foreign text as it is: nothing in a title, a message or a name becomes markup, HTML, a link or a
 * line break. CommonMark 0.31.2 with the tables and autolinks of GitHub Flavored Markdown 0.29.
 */
import { markdownTable } from "markdown-table";
import stringWidth from "string-width";
import { sanitise } from "../catalog/plain-text.ts";

/** Text that is shown as it stands, in one line. What is harmless stays unescaped, so that the raw file reads well. */
export function text(foreign: string): string {
  return (
    sanitise(foreign)
      .trim()
      .replace(/[\\`*|~$<]/g, "\\$&")
      // Between letters or digits an underscore is none of Markdown's.
      .replace(/(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])/g, "\\_")
      .replace(/&(?=#?\w+;)/g, "\\&")
      .replace(/\](?=[[(:])/g, "\\]")
      // An autolink needs its scheme or its first dot in one piece.
      .replace(/:(?=\/\/)/g, "\\:")
      .replace(/www\./gi, (found) => `${found.slice(0, 3)}\\.`)
      // What begins a heading, a list, a quotation or a line under a heading.
      .replace(/^(?:>|#{1,6}(?=\s|$)|[-+](?=[-+\s]|$)|=+\s*$)/, "\\$&")
      .replace(/^(\d{1,9})([.)])(?=\s|$)/, "$1\\$2")
  );
}

/** Text in code type, between as many backticks as it takes. */
export function code(foreign: string): string {
  const plain = sanitise(foreign).trim();
  if (plain === "") return "";
  const longest = Math.max(0, ...[...plain.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  const space = plain.startsWith("`") || plain.endsWith("`") ? " " : "";
  return `${fence}${space}${plain}${space}${fence}`;
}

/** A link, or its label alone where the address is none that a browser should open. */
export function link(label: string, url: string | null): string {
  const address = url === null ? undefined : safeAddress(url);
  return address === undefined ? text(label) : `[${bracketed(label)}](${address})`;
}

/** An image of this report with its description. */
export function image(description: string, path: string): string {
  return `![${bracketed(description)}](${path})`;
}

/** Text for between brackets, which may hold brackets only in pairs. */
function bracketed(label: string): string {
  const shown = text(label);
  let depth = 0;
  for (const [bracket] of shown.matchAll(/(?<!\\)[[\]]/g)) {
    depth += bracket === "[" ? 1 : -1;
    if (depth < 0) break;
  }
  return depth === 0 ? shown : shown.replace(/(?<!\\)[[\]]/g, "\\$&");
}

/** The address as a link's destination without spaces and marks; undefined unless it is http or https. */
function safeAddress(url: string): string | undefined {
  const parsed = URL.parse(sanitise(url).trim());
  if (parsed?.protocol !== "https:" && parsed?.protocol !== "http:") return undefined;
  return parsed.href
    .replace(/[()]/g, (parenthesis) => (parenthesis === "(" ? "%28" : "%29"))
    .replace(/[<>\\|`\s]/g, encodeURIComponent)
    .replace(/&(?=#?\w+;)/g, "&amp;");
}

/** A column of a table. */
export interface Column {
  readonly title: string;
  readonly align?: "left" | "right";
}

/** A table whose cells are Markdown already, aligned so that the raw file reads as a table. */
export function table(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const titles = columns.map((column) => column.title);
  const cells = rows.map((row) => row.map(inCell));
  return markdownTable([titles, ...cells], {
    align: columns.map((column) => column.align ?? "left"),
    stringLength: stringWidth,
  });
}

/** A bar ends a cell even inside code, unless it is escaped; `text` has escaped its own. */
function inCell(markdown: string): string {
  return markdown.replace(/(?<!\\)\|/g, "\\|");
}

/** Text as a block of code, line breaks kept. */
export function codeBlock(lines: readonly string[], language = ""): string {
  const plain = lines.map(sanitise);
  const longest = Math.max(
    2,
    ...plain.flatMap((line) => [...line.matchAll(/`+/g)].map(([run]) => run.length)),
  );
  const fence = "`".repeat(longest + 1);
  return [`${fence}${language}`, ...plain, fence].join("\n");
}
