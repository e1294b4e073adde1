/**
 * The one splitter of text into words, for the index, for queries and for highlighting. A run of Chinese becomes single
 * characters, because SQLite's tokenizers make one token of it (unicode61) or need three characters (trigram), and most
 * terms of this field have two: 蒸馏, 剪枝, 量化. Everything else becomes folded words of letters and digits.
 */
import { simplified } from "./traditional.ts";

export interface Word {
  /** Folded: compatibility forms, case, accents and traditional characters do not count. */
  readonly text: string;
  /** Where it stands in the original, in UTF-16 units, end excluded. */
  readonly start: number;
  readonly end: number;
  /** Whether it is a single character of a script without spaces. */
  readonly character: boolean;
}

const unspaced = String.raw`[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]`;
const wordPattern = new RegExp(String.raw`(${unspaced})|[[\p{L}\p{N}\p{M}]--${unspaced}]+`, "gv");

/** The words of a text in order. */
export function wordsOf(text: string): Word[] {
  const words: Word[] = [];
  for (const match of text.matchAll(wordPattern)) {
    const folded = fold(match[0]);
    if (!folded) continue;
    const start = match.index;
    words.push({ text: folded, start, end: start + match[0].length, character: match[1] !== undefined });
  }
  return words;
}

/**
 * Stands between texts that are indexed in one column, so that no phrase reaches from one into the next. A private-use
 * character: unicode61 takes it for a word, and no query can hold it, because `wordsOf` drops it.
 */
export const textBoundary = "\ue000";

/** A text as the index stores it: folded words with spaces between, boundaries kept. */
export function indexed(text: string): string {
  return text
    .split(textBoundary)
    .map((part) =>
      wordsOf(part)
        .map((word) => word.text)
        .join(" "),
    )
    .join(` ${textBoundary} `);
}

const ascii = /^[a-z0-9]+$/;

function fold(word: string): string {
  const lower = word.toLowerCase();
  if (ascii.test(lower)) return lower;
  const plain = lower
    .normalize("NFKD")
    .replace(/\p{Mn}/gu, "")
    .normalize("NFKC")
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]/gu, "");
  return simplified(plain);
}
