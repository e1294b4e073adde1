/**
 * Simple recipe distillation: the logarithm of a high power of the distance of projected, normalised features, beside KD.
 * The logarithm makes the gradient relative to the distance; it has no value where student and teacher agree wholly.
 */
import { z } from "zod";
import { add, mul } from "../../nn/tensor/functions/arithmetic.ts";
import { map } from "../../nn/tensor/functions/elementwise.ts";
import { sum } from "../../nn/tensor/functions/reduce.ts";
import { abs, log, sub, mul as times } from "../../nn/tensor/scalar.ts";
import { type DistillationLoss, lossVariant } from "./loss.ts";
import { power } from "./rows.ts";
import { softTerm } from "./soft-targets.ts";

export const srd: DistillationLoss = {
  id: "srd",
  title: { en: "Simple recipe distillation", zh: "简单配方蒸馏" },
  kind: "features",
  paper: {
    authors: "Miles & Mikolajczyk",
    year: 2023,
    title: "Understanding the Role of the Projector in Knowledge Distillation",
    arxiv: "2303.11098",
  },
  variants: {
    torchdistill: lossVariant(
      "yoshitomo-matsubara/torchdistill",
      "2 log sum |s - t|^exponent + KL(softmax(teacher_logits / T) || softmax(student_logits / T)), without T^2",
      z.object({
        // The paper's alpha; above 2 it stresses the features that are farthest apart.
        exponent: z.number().positive().default(4),
        T: z.number().positive().default(1),
      }),
      (inputs, { exponent, T }) => {
        const apart = sum(
          map([inputs.tensor("student"), inputs.tensor("teacher")], (s, t) =>
            power(abs(sub(s, t)), exponent),
          ),
        );
        const soft = softTerm(inputs.tensor("student_logits"), inputs.tensor("teacher_logits"), T);
        return add(
          map([apart], (x) => times(log(x), 2)),
          mul(soft, 1 / T ** 2),
        );
      },
      // The epsilon of the authors' normalisation.
      { takes: "rows", alike: ["features"], normalised: 1e-4, predictions: true },
    ),
  },
};
