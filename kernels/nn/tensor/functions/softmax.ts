/** Softmax over one dimension and the losses that stand on it. */

import type { Indices } from "../indices.ts";
import * as scalar from "../scalar.ts";
import type { Tensor } from "../tensor.ts";
import { exp, log } from "./arithmetic.ts";
import { map } from "./elementwise.ts";
import { pick } from "./gather.ts";
import { detach } from "./move.ts";
import { max, mean, sum } from "./reduce.ts";

/** log of softmax over a dimension (default: the last). The maximum is taken off first, so that no exp overflows. */
export function logSoftmax(x: Tensor, dimension = -1): Tensor {
  const over = { over: [dimension], keep: true };
  // Any constant would do in its place: no gradient passes.
  const largest = max(detach(x), over);
  const shifted = map([x, largest], scalar.sub);
  return map([shifted, log(sum(exp(shifted), over))], scalar.sub);
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

/** exp(x) as shares of its sum over a dimension (default: the last). */
export const softmax = (x: Tensor, dimension = -1): Tensor => exp(logSoftmax(x, dimension));

/** Mean over the rows of -log softmax at each row's label: [rows, classes] to one number. */
export const crossEntropy = (logits: Tensor, labels: Indices): Tensor =>
  map([mean(pick(logSoftmax(logits), labels))], scalar.neg);
