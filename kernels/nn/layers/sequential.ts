/** Layers one after the other, and the small ones that have no parameters. */
import { relu as rectify } from "../tensor/functions/arithmetic.ts";
import { reshape } from "../tensor/functions/move.ts";
import { type Shape, sizeOf } from "../tensor/shapes.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Layer } from "./layer.ts";

/** Layers one after the other; their parameters are named by their place, from 0. */
export function sequential(...layers: readonly Layer[]): Layer {
  return {
    parameters: named(layers.map(({ parameters }) => parameters)),
    statistics: named(layers.map(({ statistics = {} }) => statistics)),
    forward: (x, pass) => layers.reduce((y, layer) => layer.forward(y, pass), x),
    cost: (input) =>
      layers.reduce(
        ({ output, flops }, layer) => {
          const own = layer.cost(output);
          return { output: own.output, flops: flops + own.flops };
        },
        { output: input, flops: 0 },
      ),
  };
}

function named(parts: readonly Readonly<Record<string, Tensor>>[]): Readonly<Record<string, Tensor>> {
  return Object.fromEntries(
    parts.flatMap((part, i) => Object.entries(part).map(([name, tensor]) => [`${i}.${name}`, tensor])),
  );
}

/** A layer of an elementwise function; counts as one operation an element. */
const elementwise = (apply: (x: Tensor) => Tensor): Layer => ({
  parameters: {},
  forward: apply,
  cost: (input: Shape) => ({ output: input, flops: sizeOf(input) }),
});

export const relu: Layer = elementwise(rectify);

/** All dimensions of an example become one. */
export const flatten: Layer = {
  parameters: {},
  forward: (x) => reshape(x, [x.shape[0] as number, -1]),
  cost: (input) => ({ output: [sizeOf(input)], flops: 0 }),
};
