/**
 * What stands at the end of a language model: from hidden states and the words that followed to a loss and gradients.
 * The full softmax and the adaptive one are both of this kind, so that a model can be trained with either.
 */
import { ProgramError } from "../../codegen/errors.ts";
import type { Allocation, Memory } from "../../codegen/memory.ts";
import type { RealElement } from "../../elementary/intervals.ts";
import { type Clusters, tailOf } from "./clusters.ts";
import { createDenseLayer, type DenseLayer, denseLayerBytes, type LayerOptions } from "./dense-layer.ts";
import { createProjection, type Projection, projectionBytes } from "./projection.ts";

export interface OutputLayer {
  /** Every weight matrix with the number of its inputs, to be filled and read. */
  readonly weights: readonly { readonly values: Float32Array | Float64Array; readonly inputs: number }[];
  /**
   * Mean of -ln p of the words. Writes the gradient of it for the hidden states and takes `rate` times that of the weights
   * off them. `hidden` and `hiddenGradients` are byte addresses of words.length x width numbers.
   */
  train(hidden: number, words: ArrayLike<number>, hiddenGradients: number, rate: number): number;
  /** Sum of -ln p of the words. */
  surprise(hidden: number, words: ArrayLike<number>): number;
}

/** Bytes that `createOutputLayer` allocates for these clusters. */
export function outputLayerBytes(clusters: Clusters, options: Omit<LayerOptions, "memory">): number {
  const { width, head, tails } = clusters;
  return tails.reduce(
    (sum, tail) =>
      sum +
      projectionBytes(width, tail.width, options) +
      denseLayerBytes(tail.to - tail.from, tail.width, options),
    denseLayerBytes(head + tails.length, width, options),
  );
}

/** The output layer of these clusters; without tails it is a full softmax. */
export function createOutputLayer(clusters: Clusters, options: LayerOptions): OutputLayer {
  const { width, head, tails } = clusters;
  const first = createDenseLayer(head + tails.length, width, options);
  const rest = tails.map((tail) => new TailLayer(width, tail, options));
  const headClass = (word: number): number => {
    const tail = tailOf(clusters, word);
    return tail < 0 ? word : head + tail;
  };
  return {
    weights: [{ values: first.weights, inputs: width }, ...rest.flatMap((tail) => tail.weights)],
    train(hidden, words, hiddenGradients, rate) {
      const rows = checkedRows(words, clusters, options.batch);
      const common = { scale: 1 / rows, rate };
      let loss = first.train({
        ...{ features: hidden, classes: Int32Array.from(words, headClass), rows },
        ...{ featureGradients: hiddenGradients, ...common },
      });
      for (const tail of rest) loss += tail.train(hidden, words, hiddenGradients, common);
      return loss / rows;
    },
    surprise(hidden, words) {
      const rows = checkedRows(words, clusters, options.batch);
      const all = first.logProbabilities({ features: hidden, rows });
      let sum = 0;
      for (let row = 0; row < rows; row++)
        sum -= all[row * (head + tails.length) + headClass(words[row] as number)] as number;
      for (const tail of rest) sum += tail.surprise(hidden, words);
      return sum;
    },
  };
}

/** @throws ProgramError before anything is computed, for too many rows or a word that the vocabulary has not */
function checkedRows(words: ArrayLike<number>, { vocabulary }: Clusters, batch: number): number {
  const refuse = (expected: string, found: string, remedy: string): never => {
    throw new ProgramError("output layer", { expected, found, remedy });
  };
  if (words.length > batch)
    refuse(`at most ${batch} words`, String(words.length), "Make the layer for a larger batch.");
  for (let row = 0; row < words.length; row++) {
    const word = words[row] as number;
    if (!Number.isInteger(word) || word < 0 || word >= vocabulary)
      refuse(`words from 0 to ${vocabulary - 1}`, String(word), "Number words by frequency, from 0.");
  }
  return words.length;
}

/** A tail: those rows of a batch whose word is in it, projected, and a softmax over its words. */
class TailLayer {
  readonly #from: number;
  readonly #to: number;
  readonly #width: number;
  readonly #memory: Memory;
  readonly #element: RealElement;
  readonly #projection: Projection;
  readonly #layer: DenseLayer;

  constructor(width: number, tail: Clusters["tails"][number], options: LayerOptions) {
    const { from, to } = tail;
    [this.#from, this.#to, this.#width] = [from, to, width];
    this.#memory = options.memory;
    this.#element = options.element ?? "f32";
    this.#projection = createProjection(width, tail.width, options);
    this.#layer = createDenseLayer(to - from, tail.width, options);
  }

  get weights(): OutputLayer["weights"] {
    const { weights, width } = this.#projection;
    return [
      { values: weights, inputs: this.#width },
      { values: this.#layer.weights, inputs: width },
    ];
  }

  train(
    hidden: number,
    words: ArrayLike<number>,
    hiddenGradients: number,
    { scale, rate }: { readonly scale: number; readonly rate: number },
  ): number {
    const { picked, classes } = this.#pick(hidden, words);
    const rows = picked.length;
    if (rows === 0) return 0;
    const { features, featureGradients } = this.#projection.forward(rows);
    const loss = this.#layer.train({ features, classes, rows, featureGradients, scale, rate });
    const gradients = this.#projection.backward(rows, rate);
    const into = this.#rows(hiddenGradients, words.length);
    for (const [i, row] of picked.entries())
      for (let j = 0; j < this.#width; j++)
        (into[row * this.#width + j] as number) += gradients[i * this.#width + j] as number;
    return loss;
  }

  surprise(hidden: number, words: ArrayLike<number>): number {
    const { picked, classes } = this.#pick(hidden, words);
    if (picked.length === 0) return 0;
    const { features } = this.#projection.forward(picked.length);
    const all = this.#layer.logProbabilities({ features, rows: picked.length });
    return classes.reduce((sum, word, i) => sum - (all[i * (this.#to - this.#from) + word] as number), 0);
  }

  /** Copies the rows of this tail's words together. */
  #pick(hidden: number, words: ArrayLike<number>): { readonly picked: number[]; readonly classes: number[] } {
    const source = this.#rows(hidden, words.length);
    const picked: number[] = [];
    const classes: number[] = [];
    for (let row = 0; row < words.length; row++) {
      const word = words[row] as number;
      if (word < this.#from || word >= this.#to) continue;
      const start = row * this.#width;
      this.#projection.input.set(source.subarray(start, start + this.#width), picked.length * this.#width);
      picked.push(row);
      classes.push(word - this.#from);
    }
    return { picked, classes };
  }

  #rows(address: number, rows: number): Allocation<RealElement>["view"] {
    return this.#memory.view(this.#element, address, rows * this.#width);
  }
}
