/**
 * The smallest language model that an output layer can be tried with: the hidden state is the embedding of the word before,
 * and the layer tells the next word. Everything is trained by plain gradient descent.
 */
import type { KernelTarget } from "../../codegen/compile.ts";
import { Memory } from "../../codegen/memory.ts";
import { normalStream } from "../../data/portable-math.ts";
import type { Clusters } from "./clusters.ts";
import { createOutputLayer, type OutputLayer, outputLayerBytes } from "./output-layer.ts";

export interface BigramOptions {
  readonly clusters: Clusters;
  readonly target: KernelTarget;
  /** Words that are predicted in a step. */
  readonly batch: number;
  /** Where initial weights come from; the same embeddings whatever the clusters. */
  readonly random: { readonly embeddings: () => number; readonly output: () => number };
}

export interface BigramModel {
  /** A step on the words text[from + 1] … text[from + batch], each after the one before. The mean of -ln p. */
  step(text: Int32Array, from: number, rate: number): number;
  /** e to the mean of -ln p over a text. */
  perplexity(text: Int32Array): number;
}

/** Standard deviation of initial weights, times the square root of the inputs for those of the output layer. */
const embeddingScale = 0.5;
const outputScale = 0.5;

/** A model with weights drawn at random. The last feature of every hidden state is 1: it stands for a bias. */
export function createBigramModel({ clusters, target, batch, random }: BigramOptions): BigramModel {
  const { vocabulary, width } = clusters;
  const options = { target, batch };
  const embeddingBytes = 4 * width * (vocabulary + 2 * batch) + 1024;
  const memory = new Memory(outputLayerBytes(clusters, options) + embeddingBytes);
  const embeddings = memory.allocate("f32", vocabulary * width).view;
  const hidden = memory.allocate("f32", batch * width);
  const gradients = memory.allocate("f32", batch * width);
  const layer = createOutputLayer(clusters, { ...options, memory });
  begin(embeddings, width, layer, random);
  const look = (text: Int32Array, from: number, rows: number): Int32Array => {
    for (let row = 0; row < rows; row++) {
      const start = (text[from + row] as number) * width;
      hidden.view.set(embeddings.subarray(start, start + width), row * width);
    }
    return text.subarray(from + 1, from + 1 + rows);
  };
  return {
    step(text, from, rate) {
      const words = look(text, from, batch);
      const loss = layer.train(hidden.address, words, gradients.address, rate);
      for (let row = 0; row < batch; row++) {
        const start = (text[from + row] as number) * width;
        // All but the last feature, which stays 1.
        for (let j = 0; j < width - 1; j++)
          (embeddings[start + j] as number) -= rate * (gradients.view[row * width + j] as number);
      }
      return loss;
    },
    perplexity(text) {
      let surprise = 0;
      for (let from = 0; from < text.length - 1; from += batch)
        surprise += layer.surprise(hidden.address, look(text, from, Math.min(batch, text.length - 1 - from)));
      return Math.exp(surprise / (text.length - 1));
    },
  };
}

function begin(
  embeddings: Float32Array,
  width: number,
  layer: OutputLayer,
  random: BigramOptions["random"],
): void {
  const normal = normalStream(random.embeddings);
  for (let i = 0; i < embeddings.length; i++)
    embeddings[i] = i % width === width - 1 ? 1 : embeddingScale * normal();
  const outputs = normalStream(random.output);
  for (const { values, inputs } of layer.weights)
    for (let i = 0; i < values.length; i++) values[i] = (outputScale / Math.sqrt(inputs)) * outputs();
}
