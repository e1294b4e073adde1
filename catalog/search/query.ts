/**
 * What a person types, as phrases of folded words, and those as an FTS5 expression. Nothing that was typed reaches FTS5
 * but letters and digits inside quotes, so that no operator, quote or column name in a query can break it.
 */
import { type Word, wordsOf } from "./words.ts";

/** Words that must stand next to each other, in this order. */
export interface Phrase {
  readonly words: readonly string[];
  /** Whether the last word may go on: `distil` finds distillation. */
  readonly prefix: boolean;
}

// More than anyone types; FTS5 refuses expressions that nest deeper than 256.
const mostPhrases = 24;
const mostWords = 48;

/**
 * The phrases of a query; all of them must be found. Text between quotes is one exact phrase. Elsewhere each word
 * between spaces is one, cut where Chinese meets Latin, and Latin words are prefixes.
 */
export function phrasesOf(query: string): Phrase[] {
  const phrases: Phrase[] = [];
  for (const [chunk, quoted] of query.matchAll(
    /["\u201c\u201d]([^"\u201c\u201d]*)["\u201c\u201d]|[^\s"\u201c\u201d]+/gu,
  )) {
    if (quoted !== undefined)
      phrases.push({ words: wordsOf(quoted).map((word) => word.text), prefix: false });
    else phrases.push(...runsOf(wordsOf(chunk)));
  }
  return phrases
    .filter((phrase) => phrase.words.length > 0)
    .slice(0, mostPhrases)
    .map((phrase) => ({ ...phrase, words: phrase.words.slice(0, mostWords) }));
}

/** Cuts words where single characters and spaced words meet. */
function runsOf(words: readonly Word[]): Phrase[] {
  const runs: Word[][] = [];
  for (const word of words) {
    const run = runs.at(-1);
    if (run?.[0]?.character === word.character) run.push(word);
    else runs.push([word]);
  }
  return runs.map((run) => ({ words: run.map((word) => word.text), prefix: run[0]?.character === false }));
}

/** The phrases as an FTS5 query (https://sqlite.org/fts5.html, 3); within one column where it is given. */
export function fts5Expression(phrases: readonly Phrase[], column?: string): string {
  const all = phrases.map(({ words, prefix }) => `"${words.join(" ")}"${prefix ? " *" : ""}`).join(" AND ");
  return column ? `{${column}} : (${all})` : all;
}
