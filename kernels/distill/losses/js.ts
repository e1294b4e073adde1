/**
 * Jensen-Shannon divergence: both sides' distance from their mean. Unlike KL it is symmetric and at most log 2 before the
 * factor T^2.
 */
import { z } from "zod";
import { mul } from "../../nn/tensor/functions/arithmetic.ts";
import { map } from "../../nn/tensor/functions/elementwise.ts";
import { mean, sum } from "../../nn/tensor/functions/reduce.ts";
import { abs, add, exp, log, max, neg, type Scalar, sub, mul as times } from "../../nn/tensor/scalar.ts";
import { type DistillationLoss, lossVariant } from "./loss.ts";
import { logTempered } from "./soft-targets.ts";

/** log((e^a + e^b) / 2), also where both exponentials would be 0. */
const logOfMean = (a: Scalar, b: Scalar): Scalar =>
  add(max(a, b), log(times(add(exp(neg(abs(sub(a, b)))), 1), 0.5)));

/** (p (log p - log m) + q (log q - log m)) / 2, from the logarithms of p and q. */
function term(p: Scalar, q: Scalar): Scalar {
  const m = logOfMean(p, q);
  return times(add(times(exp(p), sub(p, m)), times(exp(q), sub(q, m))), 0.5);
}

export const js: DistillationLoss = {
  id: "js",
  title: { en: "Jensen-Shannon divergence", zh: "JS 散度" },
  kind: "logits",
  paper: { authors: "Lin", year: 1991, title: "Divergence Measures Based on the Shannon Entropy" },
  variants: {
    formula: lossVariant(
      "the paper's definition with weights 1/2",
      "mean_n (KL(p_s || m) + KL(p_t || m)) / 2, m = (p_s + p_t) / 2, p = softmax(z / T); times T^2 for T2",
      z.object({ T: z.number().positive().default(1), T2: z.boolean().default(false) }),
      (inputs, { T, T2 }) => {
        const logs = [logTempered(inputs.tensor("student"), T), logTempered(inputs.tensor("teacher"), T)];
        return mul(
          mean(
            sum(
              map(logs, (p, q) => term(p as Scalar, q as Scalar)),
              { over: [-1] },
            ),
          ),
          T2 ? T ** 2 : 1,
        );
      },
    ),
  },
};
