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

/** torch.nn.Linear's and Conv2d's, for weights and bias alike: uniform within 1 / sqrt(fan-in). */
export const fanInUniform = (inputs: number): Initialiser => uniform(1 / Math.sqrt(inputs));
