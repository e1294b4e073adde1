/**
 * Knowledge translation and affinity: an auto-encoder squeezes the teacher's map and an adapter fits the student's to it
 * (translation); pairs of positions keep how they go together (affinity). Paper: p = 1 and q = 2 for translation.
 */
import { z } from "zod";
import { mul } from "../../nn/tensor/functions/arithmetic.ts";
import { map } from "../../nn/tensor/functions/elementwise.ts";
import { reshape } from "../../nn/tensor/functions/move.ts";
import { sum } from "../../nn/tensor/functions/reduce.ts";
import { sub, mul as times } from "../../nn/tensor/scalar.ts";
import type { Tensor } from "../../nn/tensor/tensor.ts";
import { factorDistance } from "./ft.ts";
import { type DistillationLoss, type LossInputs, lossVariant } from "./loss.ts";
import { planesOf } from "./maps.ts";
import { norms, unitRows } from "./rows.ts";

const reduction = z.enum(["mean", "sum"]).default("mean");

/** Sum over batch and channels of the Frobenius norm of the difference of a a^T, over the positions. */
function affinityDistance(inputs: LossInputs): Tensor {
  const [s, t] = ["student", "teacher"].map((name) => unitRows(planesOf(inputs.tensor(name)))) as [
    Tensor,
    Tensor,
  ];
  const [batch, channels, positions] = s.shape as [number, number, number];
  const [down, across] = [
    [batch, channels, positions, 1],
    [batch, channels, 1, positions],
  ];
  const apart = map(
    [reshape(s, down), reshape(s, across), reshape(t, down), reshape(t, across)],
    (a, b, c, d) => sub(times(a, b), times(c, d)),
  );
  return mul(sum(norms(reshape(apart, [batch * channels, -1]))), 1 / positions);
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
