/** Normalising layers, with a weight and a bias that begin as 1 and 0. */
import { batchNorm as normaliseChannels, layerNorm as normaliseRows } from "../tensor/functions/norms.ts";
import { sizeOf } from "../tensor/shapes.ts";
import type { Layer, Nursery } from "./layer.ts";

export interface NormOptions {
  /** Added to the variance (default: 1e-5). */
  readonly epsilon?: number;
}

export interface BatchNormOptions extends NormOptions {
  /** Share of the batch in the new running statistics (default: 0.1). */
  readonly momentum?: number;
}

/**
 * Channels of [batch, channels, …] (Ioffe & Szegedy 2015): with the batch's statistics in training, with running ones
 * otherwise. Costs two operations an element, as evaluation needs: scale and shift.
 */
export function batchNorm({ engine }: Nursery, channels: number, options: BatchNormOptions = {}): Layer {
  const [weight, bias] = [engine.parameter([channels], 1), engine.parameter([channels], 0)];
  const mean = engine.keep(engine.tensor([channels], 0));
  const variance = engine.keep(engine.tensor([channels], 1));
  return {
    kind: `batch norm ${channels}`,
    parameters: { weight, bias },
    statistics: { mean, variance },
    forward: (x, { training }) =>
      normaliseChannels(x, { ...options, weight, bias, running: { mean, variance }, training }),
    cost: (input) => ({ output: input, flops: 2 * sizeOf(input) }),
  };
}

/**
 * Rows of the last dimension (Ba, Kiros & Hinton 2016). Costs for n elements of a row: n - 1 additions and a division for
 * the mean, n differences, n squares, n - 1 additions and a division for the variance, three operations for the inverse
 * root, and n each for inverse, weight and bias: 7 n + 3.
 */
export function layerNorm({ engine }: Nursery, width: number, options: NormOptions = {}): Layer {
  const [weight, bias] = [engine.parameter([width], 1), engine.parameter([width], 0)];
  return {
    kind: `layer norm ${width}`,
    parameters: { weight, bias },
    forward: (x) => normaliseRows(x, { ...options, weight, bias }),
    cost: (input) => ({ output: input, flops: (sizeOf(input) / width) * (7 * width + 3) }),
  };
}
