/**
 * The shape and the weights of a BERT-shaped encoder (Devlin et al. 2019): words and places, layers of attention and of
 * two linear layers with GELU between, normalisation behind each. Weights are drawn from a seed; plain arrays, which the
 * float and the integer encoder both read.
 */
import { randomStream } from "../../random.ts";

export interface EncoderShape {
  readonly layers: number;
  readonly hidden: number;
  readonly heads: number;
  /** Tokens of a sequence. */
  readonly length: number;
  /** Width between the two linear layers of a block. */
  readonly inner: number;
  readonly vocabulary: number;
}

/** Two layers of BERT-tiny's width (Turc et al. 2019) on sequences of 64. */
export const smallEncoder: EncoderShape = {
  ...{ layers: 2, hidden: 128, heads: 4, length: 64, inner: 512, vocabulary: 64 },
};

/** y = x W^T + b; weights are [outputs][inputs]. */
export interface LinearWeights {
  readonly inputs: number;
  readonly outputs: number;
  readonly weight: Float32Array;
  readonly bias: Float32Array;
}

export interface NormWeights {
  readonly weight: Float32Array;
  readonly bias: Float32Array;
}

export interface LayerWeights {
  /** Queries, keys and values side by side: 3 * hidden outputs. */
  readonly attention: LinearWeights;
  readonly output: LinearWeights;
  readonly norm: NormWeights;
  readonly up: LinearWeights;
  readonly down: LinearWeights;
  readonly lastNorm: NormWeights;
}

export interface EncoderWeights {
  readonly shape: EncoderShape;
  /** [vocabulary][hidden] and [length][hidden]. */
  readonly words: Float32Array;
  readonly places: Float32Array;
  readonly norm: NormWeights;
  readonly layers: readonly LayerWeights[];
}

/** @throws RangeError for sizes that are not whole, or heads that do not divide the width */
export function checkShape(shape: EncoderShape): void {
  for (const [name, size] of Object.entries(shape))
    if (!Number.isInteger(size) || size < 1 || size > 2 ** 16)
      throw new RangeError(`encoder: expected ${name} to be a whole number from 1 to 65536; found ${size}`);
  if (shape.hidden % shape.heads !== 0)
    throw new RangeError(
      `encoder: expected heads that divide the width of ${shape.hidden}; found ${shape.heads}; choose another number`,
    );
}

/**
 * Weights from a seed, wide enough that attention is not uniform and GELU is not linear: a standard deviation of
 * 1.5 / sqrt(inputs), where BERT's training starts at 0.02.
 */
export function randomWeights(shape: EncoderShape, seed: number): EncoderWeights {
  checkShape(shape);
  const random = randomStream(seed);
  // The sum of three uniform numbers, scaled to a standard deviation of 1.
  const normal = (): number => 2 * (random() + random() + random() - 1.5);
  const draw = (length: number, deviation: number, mean = 0): Float32Array =>
    Float32Array.from({ length }, () => mean + deviation * normal());
  const linear = (inputs: number, outputs: number): LinearWeights => ({
    ...{ inputs, outputs },
    weight: draw(inputs * outputs, 1.5 / Math.sqrt(inputs)),
    bias: draw(outputs, 0.1),
  });
  const { hidden, inner, layers, vocabulary, length } = shape;
  const norm = (): NormWeights => ({ weight: draw(hidden, 0.1, 1), bias: draw(hidden, 0.1) });
  return {
    shape,
    words: draw(vocabulary * hidden, 1),
    places: draw(length * hidden, 0.3),
    norm: norm(),
    layers: Array.from({ length: layers }, () => ({
      attention: linear(hidden, 3 * hidden),
      output: linear(hidden, hidden),
      norm: norm(),
      up: linear(hidden, inner),
      down: linear(inner, hidden),
      lastNorm: norm(),
    })),
  };
}

/** The places of a network where numbers are observed, and become integers of a scale: `layer0.queries`, `words` … */
export type Observe = (place: string, values: Float32Array) => void;
