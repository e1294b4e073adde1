/**
 * Inter-channel correlation: which channels of a map resemble each other shall be the same for both. The authors' code,
 * and torchdistill with it, divides by the square of the batch.
 */
import { z } from "zod";
import { mul } from "../../nn/tensor/functions/arithmetic.ts";
import type { Tensor } from "../../nn/tensor/tensor.ts";
import { type DistillationLoss, lossVariant } from "./loss.ts";
import { planesOf } from "./maps.ts";
import { gram, squaredDistance, unitRows } from "./rows.ts";

export const ickd: DistillationLoss = {
  id: "ickd",
  title: { en: "Inter-channel correlation", zh: "通道间相关性蒸馏" },
  kind: "relations",
  paper: {
    authors: "Liu, Huang, Lin, Xie, Wang, Chang & Liang",
    year: 2021,
    title: "Exploring Inter-Channel Correlation for Diversity-preserved Knowledge Distillation",
    arxiv: "2202.03680",
  },
  variants: {
    torchdistill: lossVariant(
      "yoshitomo-matsubara/torchdistill",
      "weight sum (E_s - E_t)^2 / (C B^2), E = F F^T over positions, rows of length 1",
      z.object({ weight: z.number().default(1) }),
      (inputs, { weight }) => {
        const [s, t] = ["student", "teacher"].map((name) =>
          unitRows(gram(planesOf(inputs.tensor(name)))),
        ) as [Tensor, Tensor];
        const [batch, channels] = s.shape as [number, number];
        return mul(squaredDistance(s, t), weight / (channels * batch ** 2));
      },
      { takes: "map", alike: ["channels"] },
    ),
  },
};
