/**
 * Multi-level logit distillation: beside each example's prediction, the student matches how classes go together over the
 * batch and how examples go together over the classes. The paper sums these terms over several temperatures.
 */
import { z } from "zod";
import { mul } from "../../nn/tensor/functions/arithmetic.ts";
import { map } from "../../nn/tensor/functions/elementwise.ts";
import { matmul } from "../../nn/tensor/functions/matmul.ts";
import { sum } from "../../nn/tensor/functions/reduce.ts";
import { exp, square, sub } from "../../nn/tensor/scalar.ts";
import type { Tensor } from "../../nn/tensor/tensor.ts";
import { type DistillationLoss, type LossInputs, lossVariant } from "./loss.ts";
import { logTempered } from "./soft-targets.ts";

/** The paper takes 2, 3, 4, 5 and 6 together; 4 is the middle. */
const params = z.object({ T: z.number().positive().default(4) });

/** Squared Frobenius distance of the student's products of predictions from the teacher's, over their rows. */
function productDistance(
  inputs: LossInputs,
  temperature: number,
  product: (predictions: Tensor) => Tensor,
): Tensor {
  const [s, t] = ["student", "teacher"].map((name) =>
    product(map([logTempered(inputs.tensor(name), temperature)], exp)),
  ) as [Tensor, Tensor];
  const distance = sum(map([t, s], (a, b) => square(sub(a, b))));
  return mul(distance, 1 / (s.shape[0] as number));
}

export const mlkd: DistillationLoss = {
  id: "mlkd",
  title: { en: "Multi-level logit distillation", zh: "多层级 logit 蒸馏" },
  kind: "relations",
  paper: { authors: "Jin, Wang & Lin", year: 2023, title: "Multi-Level Logit Distillation" },
  variants: {
    "class-correlation": lossVariant(
      "sunshangquan/logit-standardization-KD",
      "||P_t^T P_t - P_s^T P_s||_F^2 / K, P = softmax(z / T)",
      params,
      (inputs, { T }) => productDistance(inputs, T, (p) => matmul(p, p, { transposeA: true })),
    ),
    "batch-correlation": lossVariant(
      "sunshangquan/logit-standardization-KD",
      "||P_t P_t^T - P_s P_s^T||_F^2 / B, P = softmax(z / T)",
      params,
      (inputs, { T }) => productDistance(inputs, T, (p) => matmul(p, p, { transposeB: true })),
    ),
  },
};
