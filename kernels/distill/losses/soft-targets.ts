/** What losses on logits are made of: tempered distributions and how far one is from another. */

import { mul as times } from "../../nn/tensor/functions/arithmetic.ts";
import { map } from "../../nn/tensor/functions/elementwise.ts";
import { mean, sum } from "../../nn/tensor/functions/reduce.ts";
import { logSoftmax } from "../../nn/tensor/functions/softmax.ts";
import { exp, mul, neg, sub } from "../../nn/tensor/scalar.ts";
import type { Tensor } from "../../nn/tensor/tensor.ts";

/** log softmax(z / T) over the last dimension. */
export const logTempered = (logits: Tensor, temperature: number): Tensor =>
  logSoftmax(temperature === 1 ? logits : times(logits, 1 / temperature));

/** sum over the last dimension of p (log p - log q), from the logarithms of both; the rows' shape. */
export const divergence = (logP: Tensor, logQ: Tensor): Tensor =>
  sum(
    map([logP, logQ], (p, q) => mul(exp(p), sub(p, q))),
    { over: [-1] },
  );

/** T^2 KL(softmax(teacher / T) || softmax(student / T)), mean over the rows: Hinton's soft term. */
export function softTerm(student: Tensor, teacher: Tensor, temperature: number): Tensor {
  const rows = divergence(logTempered(teacher, temperature), logTempered(student, temperature));
  return times(mean(rows), temperature ** 2);
}

/** -sum p log q over the last dimension, from the logarithms of both, mean over the rows. */
export const softCrossEntropy = (logP: Tensor, logQ: Tensor): Tensor =>
  mean(
    sum(
      map([logP, logQ], (p, q) => neg(mul(exp(p), q))),
      { over: [-1] },
    ),
  );
