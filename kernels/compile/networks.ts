/**
 * Small networks as graphs, for experiments: blocks of published ones with their sizes, operators one by one as a model
 * file has them. Weights are random.
 */
import { type Built, GraphBuilder } from "./build-graph.ts";
import { single } from "./expression.ts";
import { type Graph, lengthOf, type Tensor, type Window } from "./graph.ts";

type Random = () => number;

/** Uniform around a value, of a spread that keeps activations near 1. */
function weights(shape: readonly number[], random: Random, around = 0): Tensor {
  const spread = 1 / Math.sqrt(Math.max(1, lengthOf({ shape: shape.slice(1) })));
  const data = Float32Array.from({ length: lengthOf({ shape }) }, () => around + spread * (2 * random() - 1));
  return { element: "f32", shape, data };
}

function convolved(
  b: GraphBuilder,
  x: Built,
  filters: number,
  side: number,
  groups: number,
  random: Random,
): Built {
  const channels = x.type.shape[1] as number;
  const pad = (side - 1) / 2;
  const window: Window = {
    kernel: [side, side],
    stride: [1, 1],
    dilation: [1, 1],
    padding: { top: pad, bottom: pad, left: pad, right: pad },
  };
  const w = b.constant(weights([filters, channels / groups, side, side], random));
  const y = b.node({ op: "conv", window, groups }, x, w);
  const of = (around: number): Built => b.constant(weights([filters], random, around));
  return b.node({ op: "batch-norm", epsilon: 1e-5 }, y, of(1), of(0), of(0), of(2));
}

const relu = (b: GraphBuilder, x: Built): Built => b.pointwise(single("relu", 1), x);
const relu6 = (b: GraphBuilder, x: Built): Built => b.pointwise(single("clip", 1, [0, 6]), x);
const sum = (b: GraphBuilder, x: Built, y: Built): Built => b.pointwise(single("add", 2), x, y);

/** Two 3x3 convolutions and a shortcut (He et al., arXiv:1512.03385, figure 2; sizes of conv3_x for 18 layers). */
function residual(random: Random): Graph {
  const b = new GraphBuilder("residual");
  const x = b.input("x", { element: "f32", shape: [1, 128, 28, 28] });
  const first = relu(b, convolved(b, x, 128, 3, 1, random));
  return b.finish(relu(b, sum(b, convolved(b, first, 128, 3, 1, random), x)));
}

/** Expand, filter by channel, project, shortcut (Sandler et al., arXiv:1801.04381, table 2, the stage of 28x28). */
function inverted(random: Random): Graph {
  const b = new GraphBuilder("inverted-residual");
  const x = b.input("x", { element: "f32", shape: [1, 32, 28, 28] });
  const wide = relu6(b, convolved(b, x, 192, 1, 1, random));
  const filtered = relu6(b, convolved(b, wide, 192, 3, 192, random));
  return b.finish(sum(b, convolved(b, filtered, 32, 1, 1, random), x));
}

/** Dense layers with bias, rectifier and shortcut: 64 inputs through four layers of 512. */
function perceptron(random: Random): Graph {
  const b = new GraphBuilder("mlp");
  let x = b.input("x", { element: "f32", shape: [64, 512] });
  for (let layer = 0; layer < 4; layer++) {
    const w = b.constant(weights([512, 512], random));
    const dense = b.node({ op: "product", transposeA: false, transposeB: true }, x, w);
    x = sum(b, relu(b, sum(b, dense, b.constant(weights([512], random)))), x);
  }
  return b.finish(x);
}

/** Self-attention with its projections (Devlin et al., arXiv:1810.04805, the base model: 12 heads of 64; 128 tokens). */
function selfAttention(random: Random): Graph {
  const [tokens, heads, width] = [128, 12, 64];
  const hidden = heads * width;
  const b = new GraphBuilder("self-attention");
  const x = b.input("x", { element: "f32", shape: [1, tokens, hidden] });
  const mask = b.input("mask", { element: "f32", shape: [1, 1, 1, tokens] });
  const dense = (of: Built): Built => {
    const w = b.constant(weights([hidden, hidden], random));
    const y = b.node({ op: "product", transposeA: false, transposeB: true }, of, w);
    return sum(b, y, b.constant(weights([hidden], random)));
  };
  const apart = (of: Built, permutation: readonly number[]): Built =>
    b.node({ op: "transpose", permutation }, b.node({ op: "reshape", shape: [1, tokens, heads, width] }, of));
  const product = (left: Built, right: Built): Built =>
    b.node({ op: "product", transposeA: false, transposeB: false }, left, right);
  const scores = product(apart(dense(x), [0, 2, 1, 3]), apart(dense(x), [0, 2, 3, 1]));
  const root = b.constant({ element: "f32", shape: [], data: Float32Array.of(Math.sqrt(width)) });
  const masked = sum(b, b.pointwise(single("div", 2), scores, root), mask);
  const o = product(b.node({ op: "softmax", axis: 3 }, masked), apart(dense(x), [0, 2, 1, 3]));
  const together = b.node({ op: "transpose", permutation: [0, 2, 1, 3] }, o);
  return b.finish(dense(b.node({ op: "reshape", shape: [1, tokens, hidden] }, together)));
}

/** By the name of their workload. */
export const networks: Readonly<Record<string, (random: Random) => Graph>> = {
  "residual 128x28x28": residual,
  "inverted-residual 32x28x28": inverted,
  "mlp 64x512": perceptron,
  "self-attention 12x128x64": selfAttention,
};
