/**
 * Prime-aware adaptive distillation: the student predicts, beside its features, how uncertain each is; what it cannot
 * match weighs less. Variances are predictions of a trained layer, given as `log_variance`.
 */
import { z } from "zod";
import { map } from "../../nn/tensor/functions/elementwise.ts";
import { mean, sum } from "../../nn/tensor/functions/reduce.ts";
import { add, div, exp, square, sub } from "../../nn/tensor/scalar.ts";
import type { Tensor } from "../../nn/tensor/tensor.ts";
import { type DistillationLoss, lossVariant } from "./loss.ts";
import { examples } from "./rows.ts";

export const pad: DistillationLoss = {
  id: "pad",
  title: { en: "Prime-aware adaptive distillation", zh: "主样本自适应蒸馏" },
  kind: "features",
  paper: {
    authors: "Zhang, Lan, Dai, Zeng, Bai, Chang & Wei",
    year: 2020,
    title: "Prime-Aware Adaptive Distillation",
    arxiv: "2008.01458",
  },
  variants: {
    torchdistill: lossVariant(
      "yoshitomo-matsubara/torchdistill",
      "mean over the batch of mean_j (t - s)^2 / (eps + exp(v)) + v, v the log variance; the sum for reduction sum",
      z.object({
        eps: z.number().positive().default(1e-6),
        reduction: z.enum(["mean", "sum"]).default("mean"),
      }),
      (inputs, { eps, reduction }) => {
        const terms = map(
          ["student", "teacher", "log_variance"].map((name) => examples(inputs.tensor(name))) as [
            Tensor,
            Tensor,
            Tensor,
          ],
          (s, t, v) => add(div(square(sub(t, s)), add(eps, exp(v))), v),
        );
        return (reduction === "mean" ? mean : sum)(mean(terms, { over: [-1] }));
      },
      { takes: "rows", alike: ["features"], predicted: ["log_variance"] },
    ),
  },
};
