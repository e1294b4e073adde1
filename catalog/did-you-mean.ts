/**
 * The nearest known names to one that nobody knows. Used for every id, topic, option and word that a person types.
 */
import { closest, distance } from "fastest-levenshtein";

/** Edits that a typing error may make of a word of this length: one for short words, a third of longer ones. */
export function tolerance(length: number): number {
  return Math.max(1, Math.floor(length / 3));
}

/**
 * Candidates that are near enough to be meant, nearest first, at most `most`. Case does not count; a candidate that
 * the input begins counts as near however long it is.
 */
export function didYouMean(input: string, candidates: Iterable<string>, most = 3): string[] {
  const typed = input.trim().toLowerCase();
  if (!typed) return [];
  const allowed = tolerance([...typed].length);
  return (
    [...new Set(candidates)]
      .map((candidate) => {
        const name = candidate.toLowerCase();
        if (typed.length >= 3 && name.startsWith(typed)) return { candidate, edits: 0.5 };
        // Lengths alone rule most candidates out, at a hundredth of the cost.
        const possible = Math.abs(name.length - typed.length) <= allowed;
        return { candidate, edits: possible ? distance(typed, name) : Number.POSITIVE_INFINITY };
      })
      // As many edits as letters: nothing of it was typed.
      .filter(({ edits, candidate }) => edits <= allowed && edits < Math.max(typed.length, candidate.length))
      .sort((a, b) => a.edits - b.edits || (a.candidate < b.candidate ? -1 : 1))
      .slice(0, most)
      .map(({ candidate }) => candidate)
  );
}

/** The one nearest word within tolerance, or undefined; faster than `didYouMean` over a large vocabulary. */
export function nearestWord(word: string, vocabulary: readonly string[]): string | undefined {
  const allowed = tolerance([...word].length);
  const near = vocabulary.filter((candidate) => Math.abs(candidate.length - word.length) <= allowed);
  if (near.length === 0) return undefined;
  const best = closest(word, near);
  return distance(word, best) <= allowed ? best : undefined;
}
