/**
 * Text on its way to a terminal: what the terminal would obey is removed, and widths are counted in columns, of which
 * a Chinese character takes two (Unicode Standard Annex 11). Everything that prints foreign text goes through here.
 */
import { stripVTControlCharacters } from "node:util";
import stringWidth from "string-width";

// Bidi controls reorder the text around them (Trojan Source, Boucher & Anderson 2021); line separators break a table;
// U+FEFF, tag characters, and the interlinear and soft-hyphen marks are invisible, so two ids could look the same.
const unsafe =
  /[\p{Cc}\u00ad\u061c\u200b\u200e\u200f\u2028\u2029\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu;
const loneSurrogate = /\p{Surrogate}/gu;

/** One line of text without escape sequences, control and bidi characters; line breaks and tabs become spaces. */
export function sanitise(text: string): string {
  return stripVTControlCharacters(text)
    .replace(/\s+/gu, " ")
    .replace(unsafe, "")
    .replace(loneSurrogate, "\ufffd");
}

/** As `sanitise`, but line breaks stay: for text that has paragraphs. */
export function sanitiseLines(text: string): string {
  return text
    .split(/\r\n|[\n\r\u2028\u2029]/u)
    .map(sanitise)
    .join("\n");
}

/** Columns that a text takes on a terminal; escape sequences take none. */
export function columnsOf(text: string): number {
  return /^[\x20-\x7e]*$/.test(text) ? text.length : stringWidth(text);
}

const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/** The longest beginning of a text that fits into so many columns, with "…" where something was left out. */
export function truncate(text: string, columns: number): string {
  if (columnsOf(text) <= columns) return text;
  if (columns <= 0) return "";
  let kept = "";
  let width = 0;
  for (const { segment } of graphemes.segment(text)) {
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
      const head = [...graphemes.segment(line)].map((part) => part.segment);
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
  for (const { segment } of graphemes.segment(text)) {
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
