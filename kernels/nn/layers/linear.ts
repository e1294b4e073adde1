/** A fully connected layer: y = x W^T + b. */
import { fanInUniform } from "../initialisers.ts";
import { add } from "../tensor/functions/arithmetic.ts";
import { matmul } from "../tensor/functions/matmul.ts";
import type { Layer, Nursery } from "./layer.ts";

/** [batch, inputs] to [batch, outputs]; weights [outputs, inputs], as torch keeps them. */
export function linear({ engine, random }: Nursery, inputs: number, outputs: number): Layer {
  const start = fanInUniform(inputs);
  const weight = engine.parameter([outputs, inputs], start([outputs, inputs], random));
  const bias = engine.parameter([outputs], start([outputs], random));
  return {
    parameters: { weight, bias },
    forward: (x) => add(matmul(x, weight, { transposeB: true }), bias),
    cost: () => ({ output: [outputs], flops: 2 * inputs * outputs + outputs }),
  };
}
