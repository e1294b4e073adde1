/**
 * Values that weights begin with. Uniform ones need nothing but +, - and *, so a seed gives the same bits on every
 * machine.
 */
import { type Shape, sizeOf } from "./tensor/shapes.ts";

/** Makes the values of a shape from a stream of uniform numbers in [0, 1). */
export type Initialiser = (shape: Shape, random: () => number) => Float64Array;

/** Uniform in [-bound, bound). */
export const uniform =
  (bound: number): Initialiser =>
  (shape, random) =>
    Float64Array.from({ length: sizeOf(shape) }, () => (2 * random() - 1) * bound);

/** Inputs of one output: all dimensions but the first, which counts outputs. */
export const fanIn = (shape: Shape): number => sizeOf(shape.slice(1));

/** Outputs that one input reaches. */
export const fanOut = (shape: Shape): number => (shape[0] ?? 1) * sizeOf(shape.slice(2));

/** Keeps the variance of activations behind ReLU (He et al. 2015): variance 2 / fan-in. */
export const kaiming: Initialiser = (shape, random) => uniform(Math.sqrt(6 / fanIn(shape)))(shape, random);

/** Keeps the variance of both directions (Glorot & Bengio 2010): variance 2 / (fan-in + fan-out). */
export const xavier: Initialiser = (shape, random) =>
  uniform(Math.sqrt(6 / (fanIn(shape) + fanOut(shape))))(shape, random);

/** torch.nn.Linear's and Conv2d's, for weights and bias alike: uniform within 1 / sqrt(fan-in). */
export const fanInUniform = (inputs: number): Initialiser => uniform(1 / Math.sqrt(inputs));
