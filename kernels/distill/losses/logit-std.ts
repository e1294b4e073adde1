/**
 * Logit standardisation: both sides' logits lose their mean and spread before softmax, so that the student matches the
 * teacher's ranking and proportions but not its scale. Code adds its epsilon to the deviation; gradients pass through
 * mean and deviation alike.
 */
import { z } from "zod";
import { add, mul } from "../../nn/tensor/functions/arithmetic.ts";
import { map } from "../../nn/tensor/functions/elementwise.ts";
import { mean } from "../../nn/tensor/functions/reduce.ts";
import { div, add as plus, sub, mul as times } from "../../nn/tensor/scalar.ts";
import type { Tensor } from "../../nn/tensor/tensor.ts";
import { labelledCrossEntropy } from "./ce.ts";
import { type DistillationLoss, type LossInputs, lossVariant } from "./loss.ts";
import { rootOf, sumOfSquares } from "./rows.ts";
import { softTerm } from "./soft-targets.ts";

/** What the authors add to the deviation. */
const epsilon = 1e-7;

/** Rows with mean 0 and (unbiased) deviation 1: (z - mean) / (1e-7 + std), K - 1 in the std. */
export function standardised(logits: Tensor): Tensor {
  const centred = map([logits, mean(logits, { over: [-1], keep: true })], sub);
  const share = 1 / ((logits.shape.at(-1) as number) - 1);
  return map([centred, sumOfSquares(centred)], (value, squares) =>
    div(value, plus(rootOf(times(squares, share)), epsilon)),
  );
}

/** The base temperature that the authors' code is run with. */
const temperature = z.number().positive().default(2);

const soft = (inputs: LossInputs, { T }: { readonly T: number }) =>
  softTerm(standardised(inputs.tensor("student")), standardised(inputs.tensor("teacher")), T);

export const logitStd: DistillationLoss = {
  id: "logit_std",
  title: { en: "Logit standardisation", zh: "logit 标准化" },
  kind: "logits",
  paper: {
    authors: "Sun, Ren, Li, Wang & Cao",
    year: 2024,
    title: "Logit Standardization in Knowledge Distillation",
    arxiv: "2403.01427",
  },
  variants: {
    "lskd-kd": lossVariant(
      "sunshangquan/logit-standardization-KD",
      "T^2 mean_n KL(softmax(Z_t / T) || softmax(Z_s / T)), Z = (z - mean z) / (1e-7 + std z)",
      z.object({ T: temperature }),
      soft,
    ),
    torchdistill: lossVariant(
      "yoshitomo-matsubara/torchdistill",
      "alpha CE(student, labels) + beta (the value of lskd-kd), beta = 1 - alpha unless given",
      // The authors weigh the labels with 0.1 and the soft term with 9, the value of beta to give for their setting.
      z.object({ T: temperature, alpha: z.number().default(0.1), beta: z.number().nullish() }),
      (inputs, { T, alpha, beta }) => {
        const hard = labelledCrossEntropy(inputs.tensor("student"), inputs.numbers("labels"));
        return add(mul(hard, alpha), mul(soft(inputs, { T }), beta ?? 1 - alpha));
      },
    ),
  },
};
