/**
 * A line of a pane: pieces of text, each with what it means. Panes are built from lines by pure functions, so that what
 * a person sees can be tested without Ink; the components only colour them.
 */
import { columnsOf, sanitise, truncate } from "../terminal-text.ts";
import type { Role } from "./theme.ts";

/** A piece of a line; without a role it is plain text. */
export interface Span {
  readonly text: string;
  readonly role?: Role;
}

export type Line = readonly Span[];

/** The empty line. */
export const blank: Line = [];

/** A span of any text, foreign text included: what a terminal would obey is removed; spaces that align stay. */
export function span(text: string, role?: Role): Span {
  const parts = text.split(/( {2,})/);
  const safe = parts.map((part, at) => (at % 2 === 0 ? sanitise(part) : part)).join("");
  return role === undefined ? { text: safe } : { text: safe, role };
}

/** The text of a line without its roles. */
export function plain(line: Line): string {
  return line.map(({ text }) => text).join("");
}

/** Columns that a line takes. */
export function lineColumns(line: Line): number {
  return line.reduce((sum, { text }) => sum + columnsOf(text), 0);
}

/** The line cut with "…" where it is wider than so many columns. */
export function shortened(line: Line, columns: number): Line {
  if (lineColumns(line) <= columns) return line;
  if (columns <= 0) return [];
  const kept: Span[] = [];
  let left = columns - 1; // the last column is for "…"
  for (const piece of line) {
    const width = columnsOf(piece.text);
    if (width > left) return [...kept, { ...piece, text: truncate(`${piece.text}…`, left + 1) }];
    kept.push(piece);
    left -= width;
  }
  return kept;
}

/** The line cut or filled with spaces to exactly so many columns. */
export function fitted(line: Line, columns: number): Line {
  const cut = shortened(line, columns);
  const left = columns - lineColumns(cut);
  return left > 0 ? [...cut, { text: " ".repeat(left) }] : cut;
}

/** `left` at the left end and `right` at the right end of so many columns; `left` gives way. */
export function spread(left: Line, right: Line, columns: number): Line {
  const rightColumns = lineColumns(right);
  if (rightColumns >= columns) return fitted(right, columns);
  return [...fitted(left, columns - rightColumns), ...right];
}

/** The line with every span in one role, as a selected row is shown. */
export function inRole(line: Line, role: Role): Line {
  return line.map(({ text }) => ({ text, role }));
}
