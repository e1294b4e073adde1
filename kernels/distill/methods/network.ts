/**
 * The networks of the studies as data, and as layers with taps: inner maps by name, which losses on features look at.
 * Small on purpose: a study trains hundreds of them.
 */
import { conv2d } from "../../nn/layers/conv2d.ts";
import { type Layer, type Nursery, type Pass, through } from "../../nn/layers/layer.ts";
import { linear } from "../../nn/layers/linear.ts";
import { flatten, relu, sequential } from "../../nn/layers/sequential.ts";
import type { Shape } from "../../nn/tensor/shapes.ts";
import type { Tensor } from "../../nn/tensor/tensor.ts";

/**
 * `mlp`: fully connected layers of these widths; `cnn`: convolutions of 3x3 with these filters, of which the second and
 * every later one halves the image. ReLU between layers, and a linear layer to the classes.
 */
export type NetworkSpec =
  | {
      readonly kind: "mlp";
      readonly hidden: readonly number[];
      /** Whether only the last layer is trained, on random features. */
      readonly frozen?: boolean;
    }
  | { readonly kind: "cnn"; readonly filters: readonly number[] };

/** What a network makes of a batch: `logits`, `embedding` (what the last layer sees), the blocks `0`, `1` …, and `0-linear` … before their ReLU. */
export type Trace = Readonly<Record<string, Tensor>> & {
  readonly logits: Tensor;
  readonly embedding: Tensor;
};

export interface TappedNetwork extends Layer {
  trace(x: Tensor, pass: Pass): Trace;
  /** Shape of one example at each tap. */
  readonly shapes: Readonly<Record<string, Shape>>;
}

export const specText = (spec: NetworkSpec): string =>
  spec.kind === "mlp" ? `${spec.hidden.join("-")} units` : `${spec.filters.join("-")} filters`;

/** Makes a network for examples of this shape. */
export function networkOf(where: Nursery, spec: NetworkSpec, input: Shape, classes: number): TappedNetwork {
  const blocks =
    spec.kind === "mlp" ? denseBlocks(where, spec.hidden, input) : convBlocks(where, spec.filters, input);
  const last = blocks.reduce<Shape>((shape, block) => sequential(...block).cost(shape).output, input);
  const width = last.reduce((a, b) => a * b, 1);
  const head = sequential(flatten, linear(where, width, classes));
  const made = tapped(blocks, head, input);
  return spec.kind === "mlp" && spec.frozen ? { ...made, parameters: head.parameters } : made;
}

/** What the name of a tap ends in that lies before the block's activation, and has its shape. */
export const beforeActivation = "-linear";

/** The layers of a block, the last of which is its activation. */
type Block = readonly Layer[];

function denseBlocks(where: Nursery, hidden: readonly number[], input: Shape): Block[] {
  const sides = [input.reduce((a, b) => a * b, 1), ...hidden];
  return hidden.map((width, i) => {
    const inner = linear(where, sides[i] as number, width);
    return i === 0 ? [flatten, inner, relu] : [inner, relu];
  });
}

function convBlocks(where: Nursery, filters: readonly number[], [planes = 1]: Shape): Block[] {
  const channels = [planes, ...filters];
  return filters.map((count, i) => {
    const options = { channels: channels[i] as number, filters: count, kernel: 3 };
    return [conv2d(where, { ...options, padding: 1, stride: i === 0 ? 1 : 2 }), relu];
  });
}

function tapped(blocks: readonly Block[], head: Layer, input: Shape): TappedNetwork {
  const whole = sequential(...blocks.map((block) => sequential(...block)), head);
  const shapes: Record<string, Shape> = {};
  let shape = input;
  for (const [i, block] of blocks.entries()) {
    shape = sequential(...block).cost(shape).output;
    shapes[String(i)] = shape;
    shapes[`${i}${beforeActivation}`] = shape;
  }
  shapes.embedding = [shape.reduce((a, b) => a * b, 1)];
  shapes.logits = head.cost(shape).output;
  const trace = (x: Tensor, pass: Pass): Trace => {
    const taps: Record<string, Tensor> = {};
    let y = x;
    for (const [i, block] of blocks.entries()) {
      for (const [k, layer] of block.entries()) {
        taps[`${i}${beforeActivation}`] = y;
        y = through(layer, `${i}.${k}`, y, pass);
      }
      pass.watch?.(String(i), y);
      taps[String(i)] = y;
    }
    const embedding = flatten.forward(y, pass);
    return { ...taps, embedding, logits: through(head, String(blocks.length), y, pass) };
  };
  return { ...whole, shapes, trace, forward: (x, pass) => trace(x, pass).logits };
}
