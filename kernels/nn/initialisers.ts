/**
 * Values that weights begin with. They need nothing but +, -, *, / and sqrt (data/portable-math.ts), so a seed gives the
 * same bits on every machine.
 */
import { normalStream } from "../data/portable-math.ts";
import { type Shape, shapeText, sizeOf } from "./tensor/shapes.ts";

/** Makes the values of a shape from a stream of uniform numbers in [0, 1). */
export type Initialiser = (shape: Shape, random: () => number) => Float64Array;

/** Uniform in [-bound, bound). */
export const uniform =
  (bound: number): Initialiser =>
  (shape, random) =>
    Float64Array.from({ length: sizeOf(shape) }, () => (2 * random() - 1) * bound);

/** Normal with mean 0. */
export const normal =
  (deviation: number): Initialiser =>
  (shape, random) => {
    const next = normalStream(random);
    return Float64Array.from({ length: sizeOf(shape) }, () => next() * deviation);
  };

/** Normal with mean 0, drawn again beyond two deviations, as BERT begins (Devlin et al. 2019: deviation 0.02). */
export const truncatedNormal =
  (deviation: number): Initialiser =>
  (shape, random) => {
    const next = normalStream(random);
    const within = (): number => {
      let value = next();
      while (Math.abs(value) > 2) value = next();
      return value * deviation;
    };
    return Float64Array.from({ length: sizeOf(shape) }, within);
  };

/** torch.nn.Linear's and Conv2d's, for weights and bias alike: uniform within 1 / sqrt(fan-in). */
export const fanInUniform = (inputs: number): Initialiser => uniform(1 / Math.sqrt(inputs));

/** What a weight [outputs, inputs, ...kernel] takes in and gives out a position: inputs and outputs times the kernel. */
export function fansOf(shape: Shape): { readonly fanIn: number; readonly fanOut: number } {
  const [outputs, inputs, ...kernel] = shape;
  if (outputs === undefined || inputs === undefined)
    throw new RangeError(`expected weights [outputs, inputs, ...]; found ${shapeText(shape)}`);
  return { fanIn: inputs * sizeOf(kernel), fanOut: outputs * sizeOf(kernel) };
}

/** Variance 2 / (fan-in + fan-out), which keeps that of values and gradients where slopes are 1 (Glorot & Bengio 2010). */
export const glorotUniform: Initialiser = (shape, random) => {
  const { fanIn, fanOut } = fansOf(shape);
  return uniform(Math.sqrt(6 / (fanIn + fanOut)))(shape, random);
};
export const glorotNormal: Initialiser = (shape, random) => {
  const { fanIn, fanOut } = fansOf(shape);
  return normal(Math.sqrt(2 / (fanIn + fanOut)))(shape, random);
};

/** Variance 2 / fan-in, which keeps that of values through ReLU (He et al. 2015). */
export const heUniform: Initialiser = (shape, random) =>
  uniform(Math.sqrt(6 / fansOf(shape).fanIn))(shape, random);
export const heNormal: Initialiser = (shape, random) =>
  normal(Math.sqrt(2 / fansOf(shape).fanIn))(shape, random);

/**
 * Rows, or columns where there are fewer, that are orthogonal to each other and of length `gain`: a random rotation, which
 * keeps lengths through any depth (Saxe, McClelland & Ganguli 2014). Weights [outputs, ...] are taken as outputs rows.
 */
export const orthogonal =
  (gain = 1): Initialiser =>
  (shape, random) => {
    const rows = shape[0] as number;
    const columns = sizeOf(shape) / rows;
    const [count, length] = [Math.min(rows, columns), Math.max(rows, columns)];
    const next = normalStream(random);
    const vectors: Float64Array[] = [];
    while (vectors.length < count) {
      const vector = Float64Array.from({ length }, next);
      // Once more, for what rounding left (Kahan and Parlett: twice is enough).
      for (let round = 0; round < 2; round++) for (const other of vectors) takeOff(vector, other);
      const size = Math.sqrt(dot(vector, vector));
      vectors.push(vector.map((value) => value / size));
    }
    return Float64Array.from({ length: rows * columns }, (_, at) => {
      const [row, column] = [Math.floor(at / columns), at % columns];
      const [vector, place] = rows <= columns ? [row, column] : [column, row];
      return gain * (vectors[vector]?.[place] as number);
    });
  };

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}

/** Takes the part along a vector of length 1 off another. */
function takeOff(vector: Float64Array, unit: Float64Array): void {
  const share = dot(vector, unit);
  for (let i = 0; i < vector.length; i++) vector[i] = (vector[i] as number) - share * (unit[i] as number);
}
