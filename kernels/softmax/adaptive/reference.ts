/** The adaptive softmax by its definition, in double precision and plain loops: what the layer is held against. */
import { type Clusters, tailOf } from "./clusters.ts";
import type { OutputLayer } from "./output-layer.ts";

/** Sum of -ln p of the words, for hidden states of `width` numbers each. */
export function surpriseReference(
  clusters: Clusters,
  weights: OutputLayer["weights"],
  hidden: ArrayLike<number>,
  words: ArrayLike<number>,
): number {
  const { width, head, tails } = clusters;
  let sum = 0;
  for (let row = 0; row < words.length; row++) {
    const state = Array.from({ length: width }, (_, j) => hidden[row * width + j] as number);
    const word = words[row] as number;
    const tail = tailOf(clusters, word);
    const matrix = (i: number): Matrix => weights[i] as Matrix;
    sum += surpriseOf(product(matrix(0), state), tail < 0 ? word : head + tail);
    if (tail < 0) continue;
    const narrow = product(matrix(1 + 2 * tail), state);
    sum += surpriseOf(product(matrix(2 + 2 * tail), narrow), word - (tails[tail]?.from ?? 0));
  }
  return sum;
}

type Matrix = OutputLayer["weights"][number];

function product({ values, inputs }: Matrix, x: readonly number[]): number[] {
  return Array.from({ length: values.length / inputs }, (_, i) =>
    x.reduce((sum, xj, j) => sum + xj * (values[i * inputs + j] as number), 0),
  );
}

/** -ln of the softmax at one place. */
function surpriseOf(scores: readonly number[], place: number): number {
  const most = scores.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const total = scores.reduce((sum, score) => sum + Math.exp(score - most), 0);
  return most + Math.log(total) - (scores[place] as number);
}
