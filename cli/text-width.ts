/**
 * Columns and graphemes of a text, without loading tables for it where that can be helped: string-width and the
 * grapheme rules of ICU take longer to load than most commands take to run (cli/startup.bench.ts), and nearly every
 * text here is Latin and Chinese, whose widths two ranges tell. What is not in those ranges goes to the libraries.
 */
import { createRequire } from "node:module";

// Code units that are a grapheme each, whatever stands beside them: no mark, joiner, emoji or half of a pair.
const narrow = String.raw`\x20-\x7e\xa1-\xac\xae-\u024f\u2010-\u2027\u2190-\u2193\u2212`;
// Han, kana without their combining marks, CJK punctuation and full-width forms (UAX 11: W and F).
const wide = String.raw`\u3000-\u3029\u3041-\u3096\u30a1-\u30fa\u3400-\u4dbf\u4e00-\u9fff\uff01-\uff60`;
const simple = new RegExp(`^[${narrow}${wide}]*$`);
// U+3000 begins the first wide range; everything simple below it is narrow, everything from it on is wide.
const firstWide = 0x3000;

/** Columns that a text takes on a terminal; a Chinese character takes two, escape sequences none. */
export function columnsOf(text: string): number {
  if (!simple.test(text)) return widthByLibrary(text);
  let columns = text.length;
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) >= firstWide) columns += 1;
  return columns;
}

/** What a reader takes for single characters, in order. */
export function graphemesOf(text: string): string[] {
  return simple.test(text) ? text.split("") : segmentsByLibrary(text);
}

let stringWidth: ((text: string) => number) | undefined;

function widthByLibrary(text: string): number {
  // Required, not imported: loading must wait until it is needed and must not make every caller asynchronous.
  stringWidth ??= createRequire(import.meta.url)("string-width").default as (text: string) => number;
  return stringWidth(text);
}

let segmenter: Intl.Segmenter | undefined;

function segmentsByLibrary(text: string): string[] {
  segmenter ??= new Intl.Segmenter(undefined, { granularity: "grapheme" });
  return Array.from(segmenter.segment(text), ({ segment }) => segment);
}
