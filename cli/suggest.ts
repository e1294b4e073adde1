/**
 * "Did you mean": the known words nearest to a mistyped one, for the remedy of a usage error.
 */
import { distance } from "fastest-levenshtein";

// More than three suggestions are a list, not a suggestion.
const most = 3;

/** Known words within a third of the word's length in edits, or that contain it, nearest first. */
export function nearest(word: string, known: Iterable<string>): string[] {
  const wanted = word.toLowerCase();
  const limit = Math.max(1, Math.ceil(wanted.length / 3));
  return [...known]
    .map((candidate) => ({ candidate, far: far(wanted, candidate.toLowerCase()) }))
    .filter(({ far }) => far <= limit)
    .sort((a, b) => a.far - b.far)
    .slice(0, most)
    .map(({ candidate }) => candidate);
}

/** Half an edit for a word that contains the wanted one, so that `tile` finds `tile-size` before `tide`. */
function far(wanted: string, candidate: string): number {
  return wanted.length >= 3 && candidate.includes(wanted) ? 0.5 : distance(wanted, candidate);
}

/** `Did you mean tiling or tile?`, or undefined where nothing is near. */
export function didYouMean(word: string, known: Iterable<string>): string | undefined {
  const found = nearest(word, known);
  return found.length > 0 ? `Did you mean ${found.join(" or ")}?` : undefined;
}
