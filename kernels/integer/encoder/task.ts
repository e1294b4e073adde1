/**
 * A task with an accuracy: sequences of random words, each class with words of its own that come more often. The encoder's
 * weights stay as they were drawn; only its head is fitted, by ridge regression on the states of the float encoder, as
 * last layers on frozen features are (Rahimi & Recht 2008). The integer encoder gets the same head, quantised.
 */
import { integerIn, randomStream } from "../../random.ts";
import { solve } from "../../tune/linear-system.ts";
import type { EncoderShape, LinearWeights } from "./encoder.ts";
import type { FloatEncoder } from "./float-encoder.ts";

export const classes = 4;

/** Words that a class prefers, as a share of the vocabulary, and how often a word is drawn from them alone. */
const preferredShare = 1 / 4;
const preference = 0.3;

export interface Example {
  readonly tokens: Int32Array;
  readonly label: number;
}

/** An endless stream of examples; which words a class prefers follows from the seed too. */
export function* examples(
  { vocabulary, length }: Pick<EncoderShape, "vocabulary" | "length">,
  seed: number,
): Generator<Example> {
  const random = randomStream(seed);
  const preferred = Array.from({ length: classes }, () =>
    shuffled(vocabulary, random).slice(0, vocabulary * preferredShare),
  );
  for (;;) {
    const label = integerIn(random, 0, classes - 1);
    const words = preferred[label] as readonly number[];
    const tokens = Int32Array.from({ length }, () =>
      random() < preference
        ? (words[integerIn(random, 0, words.length - 1)] as number)
        : integerIn(random, 0, vocabulary - 1),
    );
    yield { tokens, label };
  }
}

function shuffled(count: number, random: () => number): number[] {
  const all = Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const j = integerIn(random, 0, i);
    [all[i], all[j]] = [all[j] as number, all[i] as number];
  }
  return all;
}

/** So many examples of a stream. */
export function take(stream: Generator<Example>, count: number): Example[] {
  return Array.from({ length: count }, () => stream.next().value as Example);
}

/** The mean of a sequence's hidden states. */
export function meanState(states: Float32Array, hidden: number): Float64Array {
  const mean = new Float64Array(hidden);
  const rows = states.length / hidden;
  for (let i = 0; i < states.length; i++) (mean[i % hidden] as number) += (states[i] as number) / rows;
  return mean;
}

/** Weight of the penalty on the head's weights, for features of about unit size. */
const ridge = 1;

/** The head that tells the classes from the float encoder's states: one-hot targets, squares, a penalty. */
export function fitHead(encoder: FloatEncoder, hidden: number, train: readonly Example[]): LinearWeights {
  const features = train.map(({ tokens }) => [...meanState(encoder.run(tokens), hidden), 1]);
  const size = hidden + 1;
  const gram = Array.from({ length: size }, (_, i) =>
    Array.from({ length: size }, (_, j) =>
      features.reduce((sum, row) => sum + (row[i] as number) * (row[j] as number), i === j ? ridge : 0),
    ),
  );
  const weight = new Float32Array(classes * hidden);
  const bias = new Float32Array(classes);
  for (let label = 0; label < classes; label++) {
    const right = Array.from({ length: size }, (_, i) =>
      features.reduce((sum, row, e) => sum + (train[e]?.label === label ? (row[i] as number) : 0), 0),
    );
    const solution = solve(gram, right);
    weight.set(solution.slice(0, hidden), label * hidden);
    bias[label] = solution[hidden] as number;
  }
  return { inputs: hidden, outputs: classes, weight, bias };
}

/** What the float head says of a sequence: one number a class. */
export function floatLogits(
  encoder: FloatEncoder,
  { inputs, outputs, weight, bias }: LinearWeights,
  tokens: ArrayLike<number>,
): Float64Array {
  const mean = meanState(encoder.run(tokens), inputs);
  return Float64Array.from({ length: outputs }, (_, o) =>
    mean.reduce((sum, value, i) => sum + value * (weight[o * inputs + i] as number), bias[o] as number),
  );
}

/** The index of the largest, the first of several. */
export function largestOf(values: ArrayLike<number>): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if ((values[i] as number) > (values[best] as number)) best = i;
  return best;
}
