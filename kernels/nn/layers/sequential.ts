/** Layers one after the other, beside one another, and the small ones that have no parameters. */

import { silu as swish, gelu as weighted } from "../tensor/functions/activations.ts";
import {
  add,
  tanh as hyperbolic,
  sigmoid as logistic,
  relu as rectify,
} from "../tensor/functions/arithmetic.ts";
import { reshape } from "../tensor/functions/move.ts";
import { type Shape, sizeOf } from "../tensor/shapes.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { composite, type Layer } from "./layer.ts";

/** Layers one after the other; their parameters are named by their place, from 0. */
export function sequential(...layers: readonly Layer[]): Layer {
  const inner = Object.fromEntries(layers.entries());
  const names = Object.keys(inner);
  return composite({
    kind: "sequential",
    inner,
    forward: (x, run) => names.reduce((y, name) => run(name, y), x),
    cost: (input, run) => ({ output: names.reduce((shape, name) => run(name, shape), input), flops: 0 }),
  });
}

/**
 * x + f(x), or shortcut(x) + f(x) where the sizes change (He et al. 2016). Parameters are named `body.` and `shortcut.`.
 */
export function residual(body: Layer, shortcut?: Layer): Layer {
  return composite<Readonly<Record<string, Layer>>>({
    kind: "residual",
    inner: { body, ...(shortcut && { shortcut }) },
    forward: (x, run) => add(shortcut ? run("shortcut", x) : x, run("body", x)),
    cost(input, run) {
      const output = run("body", input);
      if (shortcut) run("shortcut", input);
      return { output, flops: sizeOf(output) };
    },
  });
}

/** A layer of an elementwise function; counts as one operation an element. */
const elementwise = (kind: string, apply: (x: Tensor) => Tensor): Layer => ({
  kind,
  parameters: {},
  forward: apply,
  cost: (input: Shape) => ({ output: input, flops: sizeOf(input) }),
});

export const relu: Layer = elementwise("relu", rectify);
export const gelu: Layer = elementwise("gelu", weighted);
export const silu: Layer = elementwise("silu", swish);
export const tanh: Layer = elementwise("tanh", hyperbolic);
export const sigmoid: Layer = elementwise("sigmoid", logistic);

/** All dimensions of an example become one. */
export const flatten: Layer = {
  kind: "flatten",
  parameters: {},
  forward: (x) => reshape(x, [x.shape[0] as number, -1]),
  cost: (input) => ({ output: [sizeOf(input)], flops: 0 }),
};
