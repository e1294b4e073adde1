/**
 * What was probably meant when nothing was found: first a name that looks like the whole query (a topic, a term, a
 * claim), then the query with each unknown word replaced by its nearest neighbour in the index's own vocabulary.
 */
import type { Connection } from "../database/open.ts";
import { didYouMean, nearestWord, tolerance } from "../did-you-mean.ts";
import { wordsOf } from "./words.ts";

/** A query that would find something, or undefined. Only for queries that found nothing. */
export function suggestQuery(db: Connection, query: string): string | undefined {
  const [name] = didYouMean(query, namesIn(db), 1);
  return name ?? withKnownWords(db, query);
}

function namesIn(db: Connection): string[] {
  return db
    .prepare<[], string>(
      `SELECT id FROM topic UNION SELECT title_en FROM topic UNION SELECT title_zh FROM topic
       UNION SELECT term FROM term UNION SELECT zh FROM term UNION SELECT id FROM claim`,
    )
    .pluck()
    .all();
}

// Shorter words have a neighbour at one edit almost always, and it is almost never the one that was meant.
const shortestWord = 4;

function withKnownWords(db: Connection, query: string): string | undefined {
  const isKnown = db.prepare<[string, string], number>(
    "SELECT 1 FROM search_word WHERE word BETWEEN ? AND ? LIMIT 1",
  );
  const similar = db.prepare<[number, number], string>(
    "SELECT word FROM search_word WHERE length(word) BETWEEN ? AND ?",
  );
  let corrected = query;
  // From the last word backwards, so that the positions of the earlier ones stay right.
  for (const word of wordsOf(query).toReversed()) {
    const length = word.text.length;
    if (word.character || length < shortestWord) continue;
    if (isKnown.get(word.text, `${word.text}\u{10ffff}`) !== undefined) continue;
    const allowed = tolerance(length);
    const nearest = nearestWord(word.text, similar.pluck().all(length - allowed, length + allowed));
    if (nearest === undefined) return undefined;
    corrected = corrected.slice(0, word.start) + nearest + corrected.slice(word.end);
  }
  return corrected === query ? undefined : corrected;
}
