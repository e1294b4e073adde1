/**
 * Activation boundaries: the student's neurons, before their activation, shall be on the teacher's side of 0 by a margin.
 * RepDistiller keeps the authors' constants (over 1000, times 3; half the weight for each layer further from the end);
 * torchdistill does not.
 */
import { z } from "zod";
import { mul } from "../../nn/tensor/functions/arithmetic.ts";
import { map } from "../../nn/tensor/functions/elementwise.ts";
import { concat, reshape } from "../../nn/tensor/functions/move.ts";
import { sum } from "../../nn/tensor/functions/reduce.ts";
import { add, choose, square, sub } from "../../nn/tensor/scalar.ts";
import type { Tensor } from "../../nn/tensor/tensor.ts";
import { type DistillationLoss, lossVariant } from "./loss.ts";
import { bothLists } from "./maps.ts";

/** Sum of (s + m)^2 where s > -m and t <= 0, and of (s - m)^2 where s <= m and t > 0. */
const boundaryError = (student: Tensor, teacher: Tensor, margin: number): Tensor =>
  sum(
    map([student, teacher], (s, t) =>
      choose(
        t,
        "gt",
        0,
        choose(s, "le", margin, square(sub(s, margin)), 0),
        choose(s, "gt", -margin, square(add(s, margin)), 0),
      ),
    ),
  );

/** The authors' scale. */
const authorsScale = 3 / 1000;

const batchOf = ({ shape }: Tensor): number => shape[0] as number;

export const ab: DistillationLoss = {
  id: "ab",
  title: { en: "Activation boundaries", zh: "激活边界" },
  kind: "features",
  paper: {
    authors: "Heo, Lee, Yun & Choi",
    year: 2018,
    title: "Knowledge Transfer via Distillation of Activation Boundaries Formed by Hidden Neurons",
    arxiv: "1811.03233",
  },
  variants: {
    repdistiller: lossVariant(
      "HobbitLong/RepDistiller",
      "3 / (1000 B) sum_i 2^(i - n + 1) sum e, e = (s + m)^2 [s > -m, t <= 0] + (s - m)^2 [s <= m, t > 0], m the margin",
      z.object({ margin: z.number().min(0).default(1) }),
      (inputs, { margin }) => {
        const layers = bothLists(inputs);
        const losses = layers.map(([s, t], i) => {
          const weight = 2 ** (i - layers.length + 1) * (authorsScale / batchOf(s));
          return reshape(mul(boundaryError(s, t, margin), weight), [1]);
        });
        const layer_losses = concat(losses);
        return { loss: sum(layer_losses), outputs: { layer_losses } };
      },
      { takes: "maps", alike: ["channels", "height", "width"], linear: true },
    ),
    torchdistill: lossVariant(
      "yoshitomo-matsubara/torchdistill",
      "weight sum e; over B for mean",
      z.object({
        margin: z.number().min(0).default(1),
        weight: z.number().default(1),
        reduction: z.enum(["mean", "sum"]).default("mean"),
      }),
      (inputs, { margin, weight, reduction }) => {
        const student = inputs.tensor("student");
        const share = reduction === "mean" ? 1 / batchOf(student) : 1;
        return mul(boundaryError(student, inputs.tensor("teacher"), margin), weight * share);
      },
      { takes: "map", alike: ["channels", "height", "width"], linear: true },
    ),
  },
};
