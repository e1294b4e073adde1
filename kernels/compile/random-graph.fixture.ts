/** Small random graphs of every operation, for tests that hold for any graph. Same seed, same graph. */
import { integerIn, randomStream } from "../random.ts";
import { type Built, GraphBuilder } from "./build-graph.ts";
import { type PointwiseFunction, single } from "./expression.ts";
import { type Graph, lengthOf, type TensorType, type Window } from "./graph.ts";

type Random = () => number;
type Grow = (b: GraphBuilder, x: Built, random: Random, pick: () => Built) => Built | undefined;

/** Values in [-1, 1). */
export function randomValues(length: number, random: Random): Float32Array {
  return Float32Array.from({ length }, () => 2 * random() - 1);
}

function weights(b: GraphBuilder, shape: readonly number[], random: Random, low = -1): Built {
  const data = randomValues(lengthOf({ shape }), random).map((value) =>
    low < 0 ? value : low + Math.abs(value),
  );
  return b.constant({ element: "f32", shape, data });
}

const oneOf = <T>(random: Random, values: readonly T[]): T =>
  values[integerIn(random, 0, values.length - 1)] as T;

/** Functions that stay finite on any values of moderate size. */
const unary: readonly (readonly [PointwiseFunction, readonly number[]])[] = [
  ["relu", []],
  ["leaky-relu", [0.1]],
  ["clip", [0, 6]],
  ["clip", [-0.5, 0.5]],
  ["sigmoid", []],
  ["tanh", []],
  ["erf", []],
  ["gelu", []],
  ["gelu-tanh", []],
  ["silu", []],
  ["hard-sigmoid", [0.2, 0.5]],
  ["hard-swish", []],
  ["abs", []],
  ["negate", []],
  ["pow", [2]],
];

function randomWindow(random: Random, most: number): Window {
  const kernel = [integerIn(random, 1, most), integerIn(random, 1, most)] as const;
  const side = (at: 0 | 1): number => integerIn(random, 0, Math.floor((kernel[at] - 1) / 2));
  return {
    kernel,
    stride: [integerIn(random, 1, 2), integerIn(random, 1, 2)],
    dilation: [1, 1],
    padding: { top: side(0), bottom: side(0), left: side(1), right: side(1) },
  };
}

const isImage = ({ shape }: TensorType): boolean => shape.length === 4;
const channelsOf = ({ shape }: TensorType): number => shape[1] as number;

/** One way to go on from a tensor each; undefined where it does not suit. */
const ways: Readonly<Record<string, Grow>> = {
  unary: (b, x, random) => {
    const [apply, parameters] = oneOf(random, unary);
    return b.pointwise(single(apply, 1, parameters), x);
  },
  withConstant: (b, x, random) => {
    const shape = x.type.shape
      .slice(integerIn(random, 0, x.type.shape.length))
      .map((side) => oneOf(random, [side, 1]));
    const apply = oneOf(random, ["add", "mul", "sub", "min", "max"] as const);
    const inputs = [x, weights(b, shape, random)];
    return b.pointwise(single(apply, 2), ...(random() < 0.5 ? inputs : inputs.reverse()));
  },
  withAnother: (b, x, random, pick) => {
    const other = pick();
    if (other.type.shape.join() !== x.type.shape.join()) return undefined;
    return b.pointwise(single(oneOf(random, ["add", "mul", "sub"] as const), 2), x, other);
  },
  conv: (b, { type, name }, random) => {
    if (!isImage(type)) return undefined;
    const channels = channelsOf(type);
    const groups = oneOf(random, [1, 1, channels]);
    const window = randomWindow(random, 3);
    const [height, width] = type.shape.slice(2) as [number, number];
    if (window.kernel[0] > height || window.kernel[1] > width) return undefined;
    const filters = groups * integerIn(random, 1, 3);
    const w = weights(b, [filters, channels / groups, ...window.kernel], random);
    return b.node({ op: "conv", window, groups }, { type, name }, w);
  },
  bias: (b, x, random) =>
    isImage(x.type)
      ? b.pointwise(single("add", 2), x, weights(b, [channelsOf(x.type), 1, 1], random))
      : b.pointwise(single("add", 2), x, weights(b, x.type.shape.slice(-1), random)),
  batchNorm: (b, x, random) => {
    if (x.type.shape.length < 2) return undefined;
    const of = (low: number): Built => weights(b, [channelsOf(x.type)], random, low);
    return b.node({ op: "batch-norm", epsilon: 1e-5 }, x, of(0.5), of(-1), of(-1), of(0.5));
  },
  pool: (b, x, random) => {
    if (!isImage(x.type)) return undefined;
    const window = randomWindow(random, 3);
    const [height, width] = x.type.shape.slice(2) as [number, number];
    if (window.kernel[0] > height || window.kernel[1] > width) return undefined;
    const kind = oneOf(random, ["max", "average"] as const);
    return b.node({ op: "pool", kind, window, countPadding: random() < 0.5 }, x);
  },
  linear: (b, x, random) => {
    if (x.type.shape.length < 2) return undefined;
    const [columns, wide] = [x.type.shape.at(-1) as number, integerIn(random, 1, 20)];
    const transposeB = random() < 0.5;
    const w = weights(b, transposeB ? [wide, columns] : [columns, wide], random);
    return b.node({ op: "product", transposeA: false, transposeB }, x, w);
  },
  withItself: (b, x, random) => {
    if (x.type.shape.length < 2) return undefined;
    const left = random() < 0.5;
    return b.node({ op: "product", transposeA: left, transposeB: !left }, x, x);
  },
  softmax: (b, x, random) =>
    x.type.shape.length === 0
      ? undefined
      : b.node({ op: "softmax", axis: integerIn(random, 0, x.type.shape.length - 1) }, x),
  layerNorm: (b, x, random) => {
    const axis = x.type.shape.length - 1;
    // Rows of one or two elements have variances near 0, where float32 says nothing.
    if (axis < 0 || (x.type.shape[axis] as number) < 3) return undefined;
    const of = (): Built => weights(b, x.type.shape.slice(axis), random);
    return b.node({ op: "layer-norm", axis, epsilon: 1e-2 }, x, of(), of());
  },
  reduce: (b, x, random) => {
    const axes = x.type.shape.map((_, side) => side).filter(() => random() < 0.5);
    if (axes.length === 0 || axes.length === x.type.shape.length) return undefined;
    const kind = oneOf(random, ["mean", "sum", "max"] as const);
    return b.node({ op: "reduce", kind, axes, keep: random() < 0.5 }, x);
  },
  reshape: (b, x, random) => {
    const flat = oneOf(random, [x.type.shape, [lengthOf(x.type)], [1, ...x.type.shape]]);
    return b.node({ op: "reshape", shape: flat }, x);
  },
  transpose: (b, x, random) => {
    const permutation = x.type.shape.map((_, side) => side).sort(() => random() - 0.5);
    return b.node({ op: "transpose", permutation }, x);
  },
  concat: (b, x, random, pick) => {
    const other = pick();
    if (other.type.shape.join() !== x.type.shape.join() || x.type.shape.length === 0) return undefined;
    return b.node({ op: "concat", axis: integerIn(random, 0, x.type.shape.length - 1) }, x, other);
  },
  slice: (b, x, random) => {
    const step = x.type.shape.map(() => oneOf(random, [1, 1, 2, -1]));
    const start = x.type.shape.map((side, at) => ((step[at] as number) < 0 ? side - 1 : 0));
    const count = x.type.shape.map((side, at) =>
      Math.max(1, Math.floor(side / Math.abs(step[at] as number))),
    );
    return b.node({ op: "slice", start, count, step }, x);
  },
  pad: (b, x, random) => {
    const amounts = (): number[] => x.type.shape.map(() => integerIn(random, 0, 1));
    return b.node({ op: "pad", before: amounts(), after: amounts(), value: 0.25 }, x);
  },
  expand: (b, x) => b.node({ op: "expand", shape: [2, ...x.type.shape] }, x),
  gather: (b, x, random) => {
    const [side] = x.type.shape;
    if (side === undefined) return undefined;
    const data = Int32Array.from({ length: 3 }, () => integerIn(random, -side, side - 1));
    return b.node({ op: "gather", axis: 0 }, x, b.constant({ element: "i32", shape: [3], data }));
  },
  ofConstants: (b, x, random) => {
    const [left, right] = [weights(b, x.type.shape.slice(-1), random), weights(b, [1], random)];
    return b.pointwise(single("add", 2), x, b.pointwise(single("mul", 2), left, right));
  },
};

/** The names of the ways a random graph may grow. */
export const wayNames: readonly string[] = Object.keys(ways);

/** Tensors beyond this make a test slow and show nothing more. */
const mostLength = 6000;

/** A graph of about so many nodes. */
export function randomGraph(seed: number, nodes = 8): Graph {
  const random = randomStream(seed);
  const b = new GraphBuilder(`random-${seed}`);
  const side = (): number => integerIn(random, 1, 7);
  const shape = oneOf(random, [
    [integerIn(random, 1, 2), side(), side() + 2, side() + 2],
    [integerIn(random, 1, 3), side(), 4 * side()],
    [side(), 3 * side()],
  ]);
  const made = [b.input("x", { element: "f32", shape })];
  for (let tries = 0; made.length <= nodes && tries < 20 * nodes; tries++) {
    const pick = (): Built => oneOf(random, made);
    // Mostly from the last tensor, so that chains come about.
    const from = random() < 0.7 ? (made.at(-1) as Built) : pick();
    const grown = ways[oneOf(random, wayNames)]?.(b, from, random, pick);
    if (grown && lengthOf(grown.type) <= mostLength) made.push(grown);
  }
  return b.finish(made.at(-1) as Built, oneOf(random, made.slice(1)));
}
