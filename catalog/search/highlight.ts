/**
 * Where the phrases of a query stand in a text. Done on the original text with the index's own splitter, because the
 * index keeps no text of its own and a range must fit what is shown.
 */
import type { Phrase } from "./query.ts";
import { type Word, wordsOf } from "./words.ts";

/** A match in UTF-16 units, end excluded. */
export type Range = readonly [start: number, end: number];

/** The ranges of all phrases in a text, in order, without overlaps. */
export function matchesIn(text: string, phrases: readonly Phrase[]): Range[] {
  const words = wordsOf(text);
  const found = phrases.flatMap((phrase) => occurrences(words, phrase));
  return merged(found.sort((a, b) => a[0] - b[0] || a[1] - b[1]));
}

/** Whether every phrase stands in at least one of the texts. */
export function containAll(texts: readonly string[], phrases: readonly Phrase[]): boolean {
  const split = texts.map(wordsOf);
  return phrases.every((phrase) => split.some((words) => occurrences(words, phrase).length > 0));
}

function occurrences(words: readonly Word[], { words: wanted, prefix }: Phrase): Range[] {
  const last = wanted.length - 1;
  return words.flatMap((first, at) => {
    const matches = wanted.every((text, offset) => {
      const word = words[at + offset]?.text;
      return word === text || (prefix && offset === last && word?.startsWith(text) === true);
    });
    const end = words[at + last]?.end;
    return matches && end !== undefined ? [[first.start, end] as const] : [];
  });
}

function merged(ranges: readonly Range[]): Range[] {
  const joined: Range[] = [];
  for (const [start, end] of ranges) {
    const last = joined.at(-1);
    if (last && start <= last[1]) joined[joined.length - 1] = [last[0], Math.max(last[1], end)];
    else joined.push([start, end]);
  }
  return joined;
}
