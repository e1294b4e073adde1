/**
 * Text on its way to a terminal: what the terminal would obey is removed, and widths are counted in columns, of which
 * a Chinese character takes two (Unicode Standard Annex 11). Everything that prints foreign text goes through here.
 */
import { columnsOf, graphemesOf } from "./text-width.ts";

export { sanitise, sanitiseLines } from "../catalog/plain-text.ts";
export { columnsOf } from "./text-width.ts";

/** The longest beginning of a text that fits into so many columns, with "…" where something was left out. */
export function truncate(text: string, columns: number): string {
  if (columnsOf(text) <= columns) return text;
  if (columns <= 0) return "";
  let kept = "";
  let width = 0;
  for (const segment of graphemesOf(text)) {
    const next = width + columnsOf(segment);
    if (next > columns - 1) break;
    kept += segment;
    width = next;
  }
  return `${kept.trimEnd()}…`;
}

/** A text filled up with spaces to so many columns; a wider one stays as it is. */
export function pad(text: string, columns: number, align: "left" | "right" = "left"): string {
  const space = " ".repeat(Math.max(0, columns - columnsOf(text)));
  return align === "left" ? text + space : space + text;
}

// A line may break at spaces and beside wide characters, but not before punctuation that closes.
const wide = /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\u3000-\u303f\uff00-\uff60]/u;
const closing =
  /^[.,:;!?)\]\u3001\u3002\u300b\u300d\u300f\u3011\u201d\u2019\uff01\uff09\uff0c\uff0e\uff1a\uff1b\uff1f]/u;

/** Lines of at most so many columns. Words that are longer than a line are cut. */
export function wrap(text: string, columns: number): string[] {
  if (columnsOf(text) <= columns) return [text];
  const lines: string[] = [];
  let line = "";
  for (const piece of pieces(text)) {
    if (columnsOf(line) + columnsOf(piece.trimEnd()) <= columns) {
      line += piece;
      continue;
    }
    if (line.trim()) lines.push(line.trimEnd());
    line = piece.trimStart();
    while (columnsOf(line) > columns) {
      const head = graphemesOf(line);
      // At least one grapheme goes on each line, however wide it is: otherwise this would never end.
      let cut = head.shift() ?? "";
      while (head[0] !== undefined && columnsOf(cut + head[0]) <= columns) cut += head.shift();
      lines.push(cut);
      line = head.join("");
    }
  }
  if (line.trim()) lines.push(line.trimEnd());
  return lines;
}

/** Unbreakable pieces in order; joined they give the text again. */
function pieces(text: string): string[] {
  const found: string[] = [];
  for (const segment of graphemesOf(text)) {
    const last = found.at(-1);
    const breaks = last === undefined || /\s$/u.test(last) || wide.test(segment) || wide.test(last.slice(-1));
    if (last !== undefined && (!breaks || closing.test(segment) || /^\s/u.test(segment))) {
      found[found.length - 1] = last + segment;
    } else {
      found.push(segment);
    }
  }
  return found;
}

/** How many columns the output has: those of the terminal, of COLUMNS where set, without end into a pipe or file. */
export function outputColumns(stream: NodeJS.WriteStream, env: NodeJS.ProcessEnv = process.env): number {
  const asked = Number(env.COLUMNS);
  if (stream.isTTY) return stream.columns || asked || 80;
  return Number.isInteger(asked) && asked > 0 ? asked : Number.POSITIVE_INFINITY;
}
