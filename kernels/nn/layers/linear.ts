/** A fully connected layer: y = x W^T + b. */
import { fanInUniform, type Initialiser } from "../initialisers.ts";
import { linear as affine } from "../tensor/functions/linear.ts";
import { sizeOf } from "../tensor/shapes.ts";
import type { Layer, Nursery } from "./layer.ts";

/** [batch, …, inputs] to [batch, …, outputs]; weights [outputs, inputs], as torch keeps and begins them. */
export function linear(
  { engine, random }: Nursery,
  inputs: number,
  outputs: number,
  start: Initialiser = fanInUniform(inputs),
): Layer {
  const weight = engine.parameter([outputs, inputs], start([outputs, inputs], random));
  const bias = engine.parameter([outputs], fanInUniform(inputs)([outputs], random));
  return {
    kind: `linear ${inputs} to ${outputs}`,
    parameters: { weight, bias },
    forward: (x) => affine(x, weight, bias),
    cost(input) {
      const rows = sizeOf(input.slice(0, -1));
      return { output: [...input.slice(0, -1), outputs], flops: rows * (2 * inputs * outputs + outputs) };
    },
  };
}
