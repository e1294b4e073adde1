/**
 * Knowledge distillation: the student matches the teacher's tempered distribution. T^2 keeps the gradient's size when T
 * changes. Code parts from the paper in the label term: most libraries leave it to the caller.
 */
import { z } from "zod";
import { add, mul } from "../../nn/tensor/functions/arithmetic.ts";
import { crossEntropy } from "../../nn/tensor/functions/softmax.ts";
import { type DistillationLoss, type LossInputs, lossVariant } from "./loss.ts";
import { logTempered, softCrossEntropy, softTerm } from "./soft-targets.ts";

/** The paper tries 2.5 to 20 and finds all above 8 alike for large students; 4 is what RepDistiller and mdistiller use. */
const temperature = z.number().positive().default(4);

const soft = (inputs: LossInputs, { T }: { readonly T: number }) =>
  softTerm(inputs.tensor("student"), inputs.tensor("teacher"), T);

export const kd: DistillationLoss = {
  id: "kd",
  title: { en: "Knowledge distillation", zh: "知识蒸馏" },
  kind: "logits",
  paper: {
    authors: "Hinton, Vinyals & Dean",
    year: 2015,
    title: "Distilling the Knowledge in a Neural Network",
    arxiv: "1503.02531",
  },
  variants: {
    repdistiller: lossVariant(
      "HobbitLong/RepDistiller",
      "T^2 mean_n sum_k p_t log(p_t / p_s), p = softmax(z / T)",
      z.object({ T: temperature }),
      soft,
    ),
    mdistiller: lossVariant(
      "megvii-research/mdistiller",
      "T^2 mean_n sum_k p_t log(p_t / p_s), p = softmax(z / T)",
      z.object({ T: temperature }),
      soft,
    ),
    torchdistill: lossVariant(
      "yoshitomo-matsubara/torchdistill",
      "alpha CE(student, labels) + beta T^2 KL(p_t || p_s), beta = 1 - alpha unless given",
      z.object({
        T: temperature,
        // The paper puts a considerably lower weight on the labels.
        alpha: z.number().default(0.1),
        beta: z.number().nullish(),
      }),
      (inputs, { T, alpha, beta }) => {
        const student = inputs.tensor("student");
        const labels = inputs.indices("labels", student.shape.at(-1) as number);
        const hard = mul(crossEntropy(student, labels), alpha);
        return add(hard, mul(soft(inputs, { T }), beta ?? 1 - alpha));
      },
    ),
    "textbrewer-ce": lossVariant(
      "airaria/TextBrewer",
      "mean_n -sum_k p_t log p_s, p = softmax(z / T); without T^2",
      z.object({ T: temperature }),
      (inputs, { T }) =>
        softCrossEntropy(logTempered(inputs.tensor("teacher"), T), logTempered(inputs.tensor("student"), T)),
    ),
  },
};
