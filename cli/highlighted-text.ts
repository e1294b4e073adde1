/**
 * A text with its matches marked, made safe and cut to a width. Its own file because ranges refer to the original text,
 * which cleaning and cutting both change: so each stretch is cleaned by itself.
 */
import type { Highlighted } from "../catalog/search.ts";
import { columnsOf, sanitise, truncate } from "./terminal-text.ts";

/** One line of at most so many columns; `mark` colours what matched. */
export function highlightedLine(
  { text, ranges }: Highlighted,
  columns: number,
  mark: (text: string) => string,
): string {
  let line = "";
  let left = columns;
  for (const { stretch, matched } of stretches(text, ranges)) {
    if (left <= 0) break;
    const clean = sanitise(stretch);
    const cut = truncate(clean, left);
    line += matched && cut ? mark(cut) : cut;
    left = cut === clean ? left - columnsOf(cut) : 0;
  }
  return line;
}

function stretches(text: string, ranges: Highlighted["ranges"]): { stretch: string; matched: boolean }[] {
  const parts: { stretch: string; matched: boolean }[] = [];
  let at = 0;
  for (const [start, end] of ranges) {
    parts.push(
      { stretch: text.slice(at, start), matched: false },
      { stretch: text.slice(start, end), matched: true },
    );
    at = end;
  }
  parts.push({ stretch: text.slice(at), matched: false });
  return parts.filter(({ stretch }) => stretch !== "");
}
