/**
 * The networks whose training steps are compared with PyTorch's: each with its batch, its loss, and its parameters in
 * the order in which steps.py takes them.
 */
import { fanInUniform } from "../initialisers.ts";
import { conv2d } from "../layers/conv2d.ts";
import type { Layer, Nursery } from "../layers/layer.ts";
import { linear } from "../layers/linear.ts";
import { flatten, relu, sequential } from "../layers/sequential.ts";
import type { Engine } from "../tensor/engine.ts";
import { gelu } from "../tensor/functions/activations.ts";
import { add } from "../tensor/functions/arithmetic.ts";
import { selfAttention } from "../tensor/functions/attention.ts";
import { gather } from "../tensor/functions/gather.ts";
import { reshape } from "../tensor/functions/move.ts";
import { layerNorm as normalise } from "../tensor/functions/norms.ts";
import { maxPool2d } from "../tensor/functions/pool.ts";
import { crossEntropy } from "../tensor/functions/softmax.ts";
import { type Shape, sizeOf } from "../tensor/shapes.ts";
import type { Tensor } from "../tensor/tensor.ts";

export interface NetworkOfRace {
  readonly id: "mlp" | "cnn" | "transformer";
  readonly title: string;
  /** The speed-up over PyTorch that the project is to reach. */
  readonly least: number;
  readonly rate: number;
  /** Of a batch. */
  readonly input: Shape;
  /** Inputs are numbers of words below it; others are uniform in [0, 1). */
  readonly words?: number;
  readonly labels: number;
  readonly classes: number;
  make(where: Nursery): Made;
}

export interface Made {
  /** In PyTorch's order. */
  readonly parameters: readonly Tensor[];
  /** One row of scores for each label. */
  forward(x: Batch): Tensor;
}

/** The input of a network, as numbers of words or as numbers. */
export interface Batch {
  readonly values: Tensor;
  readonly words: Parameters<typeof gather>[1] | undefined;
}

export const networks: readonly NetworkOfRace[] = [
  {
    id: "mlp",
    title: "784-1200-1200-10, batch 128",
    least: 1.3,
    rate: 0.05,
    input: [128, 784],
    labels: 128,
    classes: 10,
    make: (where) =>
      ofLayer(
        sequential(linear(where, 784, 1200), relu, linear(where, 1200, 1200), relu, linear(where, 1200, 10)),
      ),
  },
  {
    id: "cnn",
    title: "16 and 32 channels 3x3 with pooling, 28x28, batch 64",
    least: 1.5,
    rate: 0.05,
    input: [64, 1, 28, 28],
    labels: 64,
    classes: 10,
    make: (where) => {
      const pool = { ...relu, forward: (x: Tensor) => maxPool2d(x, { kernel: 2 }) };
      return ofLayer(
        sequential(
          conv2d(where, { channels: 1, filters: 16, kernel: 3, padding: 1 }),
          relu,
          pool,
          conv2d(where, { channels: 16, filters: 32, kernel: 3, padding: 1 }),
          relu,
          pool,
          flatten,
          linear(where, 32 * 7 * 7, 10),
        ),
      );
    },
  },
  {
    id: "transformer",
    title: "2 layers of width 128, 4 heads, length 64, batch 32",
    least: 1.2,
    rate: 0.05,
    input: [32, 64],
    words: 128,
    labels: 32 * 64,
    classes: 128,
    make: transformer,
  },
];

function ofLayer(layer: ReturnType<typeof sequential>): Made {
  return {
    parameters: Object.values(layer.parameters),
    forward: ({ values }) => layer.forward(values, { training: true }),
  };
}

const [width, heads, length, batch] = [128, 4, 64, 32];

function transformer(where: Nursery): Made {
  const { engine, random } = where;
  const table = (shape: Shape): Tensor => engine.parameter(shape, fanInUniform(width)(shape, random));
  const [words, places] = [table([128, width]), table([length, width])];
  const blocks = [block(where), block(where)];
  const norm = layerNorm(engine);
  const head = linear(where, width, 128);
  return {
    parameters: [
      ...[words, places],
      ...blocks.flatMap(({ parameters }) => parameters),
      ...norm.parameters,
      ...Object.values(head.parameters),
    ],
    forward: ({ words: numbers }) => {
      if (!numbers) throw new Error("expected numbers of words; found none");
      let x = add(reshape(gather(words, numbers), [batch, length, width]), places);
      for (const { forward } of blocks) x = forward(x);
      return head.forward(reshape(norm.forward(x), [-1, width]), { training: true });
    },
  };
}

function block(where: Nursery) {
  const [norm1, norm2] = [layerNorm(where.engine), layerNorm(where.engine)];
  const [project, out] = [linear(where, width, 3 * width), linear(where, width, width)];
  const [up, down] = [linear(where, width, 4 * width), linear(where, 4 * width, width)];
  const dense = (layer: Layer, x: Tensor): Tensor => layer.forward(x, { training: true });
  const mixed = (x: Tensor): Tensor => dense(out, selfAttention(dense(project, x), { heads }));
  return {
    parameters: [
      ...norm1.parameters,
      ...[project, out].flatMap(({ parameters }) => Object.values(parameters)),
      ...norm2.parameters,
      ...[up, down].flatMap(({ parameters }) => Object.values(parameters)),
    ],
    forward: (x: Tensor): Tensor => {
      const y = add(x, mixed(norm1.forward(x)));
      return add(y, dense(down, gelu(dense(up, norm2.forward(y)))));
    },
  };
}

function layerNorm(engine: Engine) {
  const [weight, bias] = [engine.parameter([width], 1), engine.parameter([width], 0)];
  return { parameters: [weight, bias], forward: (x: Tensor) => normalise(x, { weight, bias }) };
}

/** The loss of a batch, and what is asked of it: one place for warm-up, checks and timing. */
export const lossOf = (made: Made, x: Batch, labels: Parameters<typeof crossEntropy>[1]): Tensor =>
  crossEntropy(made.forward(x), labels);

export const elementsOf = ({ input }: NetworkOfRace): number => sizeOf(input);
