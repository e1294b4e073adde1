/**
 * Text whose words are as unequal as those of a language: the word of rank r has a frequency near 1 / r (Zipf), and each
 * word belongs to a class that decides which classes are likely next, so that there is something to learn. Perplexities
 * are known exactly.
 */
import { exponential, logarithm, normalStream } from "../../data/portable-math.ts";

export interface ZipfText {
  /** Of words by themselves, in falling order: word 0 is the most frequent. */
  readonly probabilities: Float64Array;
  /** Of a model that knows these and ignores the word before. */
  readonly unigramPerplexity: number;
  /** Of a model that knows everything: none falls below. */
  readonly leastPerplexity: number;
  /** A text of so many words. */
  draw(length: number, random: () => number): Int32Array;
}

const classes = 64;
/** Spread of the logarithms of how much likelier a class is after another than by itself. */
const spread = 2;

/** A language of so many words, drawn by these random numbers. */
export function zipfText(vocabulary: number, random: () => number): ZipfText {
  const weights = Float64Array.from({ length: vocabulary }, (_, rank) => 1 / (rank + 1));
  const classOf = Int32Array.from({ length: vocabulary }, () => Math.floor(random() * classes));
  const masses = new Float64Array(classes);
  for (let word = 0; word < vocabulary; word++)
    (masses[classOf[word] as number] as number) += weights[word] as number;
  const normal = normalStream(random);
  const transitions = Array.from({ length: classes }, () =>
    normalised(masses.map((mass) => mass * exponential(spread * normal()))),
  );
  const often = stationary(transitions);
  const shares = weights.map((weight, word) => weight / (masses[classOf[word] as number] as number));
  const unsorted = shares.map((share, word) => share * (often[classOf[word] as number] as number));
  const order = Int32Array.from(unsorted.keys()).sort(
    (a, b) => (unsorted[b] as number) - (unsorted[a] as number) || a - b,
  );
  const probabilities = Float64Array.from(order, (word) => unsorted[word] as number);
  const lexicon = lexiconOf(order, classOf, shares);
  return {
    probabilities,
    unigramPerplexity: exponential(entropy(probabilities)),
    leastPerplexity: exponential(entropyRate(transitions, often, lexicon)),
    draw: (length, draws) => drawn(length, draws, transitions, lexicon),
  };
}

/** The words of a class by their new numbers, and their probabilities within it, also summed up. */
interface Lexicon {
  readonly words: readonly number[];
  readonly shares: Float64Array;
  readonly sums: Float64Array;
}

function lexiconOf(order: Int32Array, classOf: Int32Array, shares: Float64Array): readonly Lexicon[] {
  return Array.from({ length: classes }, (_, of) => {
    const words = [...order.keys()].filter((word) => classOf[order[word] as number] === of);
    const own = Float64Array.from(words, (word) => shares[order[word] as number] as number);
    return { words, shares: own, sums: cumulated(own) };
  });
}

function normalised(weights: Float64Array): Float64Array {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}

/** Steps of power iteration: the second eigenvalue of such a matrix is far below 0.8, and 0.8^200 below 1e-19. */
const iterations = 200;

/** How often each class is met in a long text. */
function stationary(transitions: readonly Float64Array[]): Float64Array {
  let often = new Float64Array(classes).fill(1 / classes);
  for (let i = 0; i < iterations; i++)
    often = often.map((_, to) =>
      transitions.reduce((sum, row, from) => sum + (often[from] as number) * (row[to] as number), 0),
    );
  return often;
}

function entropy(probabilities: Float64Array): number {
  return probabilities.reduce((sum, p) => (p > 0 ? sum - p * logarithm(p) : sum), 0);
}

/** Of the next class, and of the word within it. */
function entropyRate(
  transitions: readonly Float64Array[],
  often: Float64Array,
  lexicon: readonly Lexicon[],
): number {
  const within = lexicon.map(({ shares }) => entropy(shares));
  return transitions.reduce((sum, row, from) => {
    const words = row.reduce((all, p, to) => all + p * (within[to] as number), 0);
    return sum + (often[from] as number) * (entropy(row) + words);
  }, 0);
}

function drawn(
  length: number,
  random: () => number,
  transitions: readonly Float64Array[],
  lexicon: readonly Lexicon[],
): Int32Array {
  const sums = transitions.map(cumulated);
  const text = new Int32Array(length);
  let state = 0;
  for (let i = 0; i < length; i++) {
    state = placeOf(sums[state] as Float64Array, random());
    const { words, sums: within } = lexicon[state] as Lexicon;
    text[i] = words[placeOf(within, random())] as number;
  }
  return text;
}

function cumulated(probabilities: Float64Array): Float64Array {
  let sum = 0;
  return probabilities.map((p) => {
    sum += p;
    return sum;
  });
}

/** The first place whose sum is above the number: by halving. */
function placeOf(sums: Float64Array, at: number): number {
  let [low, high] = [0, sums.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sums[middle] as number) > at) high = middle;
    else low = middle + 1;
  }
  return low;
}
