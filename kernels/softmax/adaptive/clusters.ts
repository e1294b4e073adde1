/**
 * How a vocabulary, most frequent words first, is cut into a head and tails (Grave et al., "Efficient softmax
 * approximation for GPUs", arXiv 1609.04309, section 4): the head holds the frequent words and one entry for each tail;
 * a tail holds rarer words, on a narrower projection of the hidden state, and is computed for those examples alone whose
 * word is in it.
 */
import { ProgramError } from "../../codegen/errors.ts";

/** A tail: words `from` to `to` - 1, on `width` features. */
export interface Tail {
  readonly from: number;
  readonly to: number;
  readonly width: number;
}

export interface Clusters {
  readonly vocabulary: number;
  /** Features of the hidden state. */
  readonly width: number;
  /** Words in the head. */
  readonly head: number;
  readonly tails: readonly Tail[];
}

/** By how much each tail is narrower than the one before: section 4.3 of the paper. */
export const reduction = 4;
/** Narrower tails would save nothing: a cache line of f32. */
const leastWidth = 16;

/**
 * The clusters with these cut-offs, each the first word of a tail. No cut-offs: the whole vocabulary is the head.
 *
 * @throws ProgramError for cut-offs that do not ascend within the vocabulary
 */
export function cutAt(vocabulary: number, width: number, cutoffs: readonly number[]): Clusters {
  const bounds = [0, ...cutoffs, vocabulary];
  for (const [i, bound] of bounds.entries())
    if (!Number.isInteger(bound) || (i > 0 && bound <= (bounds[i - 1] as number)))
      throw new ProgramError("adaptive softmax", {
        expected: `whole cut-offs that ascend between 1 and ${vocabulary - 1}`,
        found: cutoffs.join(", ") || `none, and a vocabulary of ${vocabulary}`,
        remedy: "Give the first word of each tail, most frequent words first.",
      });
  const tails = cutoffs.map((from, i) => ({
    from,
    to: bounds[i + 2] as number,
    width: Math.max(Math.min(leastWidth, width), Math.floor(width / reduction ** (i + 1))),
  }));
  return { vocabulary, width, head: bounds[1] as number, tails };
}

/** The tail that holds a word; -1 for the head. */
export function tailOf({ head, tails }: Clusters, word: number): number {
  return word < head ? -1 : tails.findIndex(({ to }) => word < to);
}

/** Weights of the clusters; of a full softmax: vocabulary x width. */
export function weightCount({ width, head, tails }: Clusters): number {
  return tails.reduce(
    (sum, tail) => sum + tail.width * (width + tail.to - tail.from),
    (head + tails.length) * width,
  );
}
