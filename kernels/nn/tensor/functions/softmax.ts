/** Softmax over one dimension, on the kernels of kernels/softmax, and the losses that stand on it. */

import type { SoftmaxKind } from "../../../softmax/programs/rows.ts";
import { createSoftmax, shapeAlong } from "../../../softmax/softmax.ts";
import { factoryOptions } from "../factory-options.ts";
import type { Indices } from "../indices.ts";
import { record } from "../record.ts";
import * as scalar from "../scalar.ts";
import type { Tensor } from "../tensor.ts";
import { map } from "./elementwise.ts";
import { pick } from "./gather.ts";
import { detach } from "./move.ts";
import { max, mean, sum } from "./reduce.ts";

/** log of softmax over a dimension (default: the last). The maximum is taken off first, so that no exp overflows. */
export const logSoftmax = (x: Tensor, dimension = -1): Tensor => shares("log-softmax", x, dimension);

/** exp(x) as shares of its sum over a dimension (default: the last); a row of nothing but -Infinity is NaN. */
export const softmax = (x: Tensor, dimension = -1): Tensor => shares("softmax", x, dimension);

function shares(kind: SoftmaxKind, x: Tensor, dimension: number): Tensor {
  const { engine } = x;
  const kernels = engine.operation(kind, () => createSoftmax({ kind, ...factoryOptions(engine) }));
  const sizes = shapeAlong(x.shape, dimension);
  const made = engine.tensor(x.shape);
  kernels.forward(sizes, { input: x.address, output: made.address });
  return record(made, [x], (gradient) => {
    const toX = engine.tensor(x.shape);
    const outputGradient = gradient.address;
    kernels.backward(sizes, { output: made.address, outputGradient, inputGradient: toX.address });
    return [toX];
  });
}

/** log of the sum of exp(x) over a dimension (default: the last), which stays with a length of 1. */
export function logSumExp(x: Tensor, dimension = -1): Tensor {
  const over = { over: [dimension], keep: true };
  const largest = max(detach(x), over);
  const total = sum(
    map([x, largest], (value, most) => scalar.exp(scalar.sub(value, most))),
    over,
  );
  return map([total, largest], (value, most) => scalar.add(scalar.log(value), most));
}

/** Mean over the rows of -log softmax at each row's label: [rows, classes] to one number. */
export const crossEntropy = (logits: Tensor, labels: Indices): Tensor =>
  map([mean(pick(logSoftmax(logits), labels))], scalar.neg);
