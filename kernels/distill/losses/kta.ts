/**
 * Knowledge translation and affinity: an auto-encoder squeezes the teacher's map and an adapter fits the student's to it
 * (translation); pairs of positions keep how they go together (affinity). Paper: p = 1 and q = 2 for translation.
 */
import { z } from "zod";
import { add, mul, sub } from "../../nn/tensor/functions/arithmetic.ts";
import { map } from "../../nn/tensor/functions/elementwise.ts";
import { sum } from "../../nn/tensor/functions/reduce.ts";
import { add as plus, square, mul as times } from "../../nn/tensor/scalar.ts";
import type { Tensor } from "../../nn/tensor/tensor.ts";
import { factorDistance } from "./ft.ts";
import { type DistillationLoss, type LossInputs, lossVariant } from "./loss.ts";
import { planesOf } from "./maps.ts";
import { dots, rootOf, sumOfSquares, unitRows } from "./rows.ts";

const reduction = z.enum(["mean", "sum"]).default("mean");

/**
 * Sum over batch and channels of ||a a^T - b b^T||_F, over the positions. With u = a - b and w = a + b the matrix is
 * (u w^T + w u^T) / 2 and its squared norm (|u|^2 |w|^2 + (u.w)^2) / 2: no matrix of all pairs, and no digits lost.
 */
function affinityDistance(inputs: LossInputs): Tensor {
  const [s, t] = ["student", "teacher"].map((name) => unitRows(planesOf(inputs.tensor(name)))) as [
    Tensor,
    Tensor,
  ];
  const [apart, together] = [sub(s, t), add(s, t)];
  const distances = map(
    [sumOfSquares(apart), sumOfSquares(together), dots(apart, together)],
    (u, w, product) => rootOf(times(0.5, plus(times(u, w), square(product)))),
  );
  return mul(sum(distances), 1 / (s.shape[2] as number));
}

export const kta: DistillationLoss = {
  id: "kta",
  title: { en: "Knowledge translation and affinity", zh: "知识翻译与亲和蒸馏" },
  kind: "features",
  paper: {
    authors: "He, Shen, Tian, Gong, Sun & Yan",
    year: 2019,
    title: "Knowledge Adaptation for Efficient Semantic Segmentation",
    arxiv: "1903.04688",
  },
  variants: {
    translation: lossVariant(
      "yoshitomo-matsubara/torchdistill",
      "mean of |x_s - x_t| over all elements (p = 1), or of |x_s - x_t|_p over examples; x / |x|_q of flattened features",
      z.object({ p: z.number().min(1).default(1), q: z.number().min(1).default(2), reduction }),
      (inputs, options) => factorDistance(inputs, options),
      { takes: "rows", alike: ["features"] },
    ),
    affinity: lossVariant(
      "yoshitomo-matsubara/torchdistill",
      "mean over the batch of sum_c ||a_s,c a_s,c^T - a_t,c a_t,c^T||_F / HW, a_c a channel's map of length 1",
      z.object({ reduction }),
      (inputs, options) => {
        const loss = affinityDistance(inputs);
        return options.reduction === "mean"
          ? mul(loss, 1 / (inputs.tensor("student").shape[0] as number))
          : loss;
      },
      { takes: "map", alike: ["channels", "height", "width"] },
    ),
  },
};
