/**
 * Factor transfer: the student's translator makes the same factors as the teacher's paraphraser, up to their length.
 * torchdistill compares those flattened factors, as the paper does; what RepDistiller calls a factor is the mean over the
 * channels of a map, as in attention transfer.
 */
import { z } from "zod";
import { map } from "../../nn/tensor/functions/elementwise.ts";
import { mean, sum } from "../../nn/tensor/functions/reduce.ts";
import { abs, div, max, sub } from "../../nn/tensor/scalar.ts";
import type { Tensor } from "../../nn/tensor/tensor.ts";
import { attentionRows } from "./at.ts";
import { type DistillationLoss, type LossInputs, lossVariant } from "./loss.ts";
import { bothMaps } from "./maps.ts";
import { examples, normsOf, raised } from "./rows.ts";

export interface FactorOptions {
  /** Norm of the differences; 1 averages over all elements instead of examples. */
  readonly p: number;
  /** Norm that factors are scaled to 1 by. */
  readonly q: number;
  readonly reduction: "mean" | "sum";
}

/** Flattened examples over their norm, floor 1e-12. */
function scaled(x: Tensor, q: number): Tensor {
  const rows = examples(x);
  return map([rows, normsOf(rows, q)], (value, length) => div(value, max(length, 1e-12)));
}

/** How far the factors of both sides are apart. */
export function factorDistance(inputs: LossInputs, { p, q, reduction }: FactorOptions): Tensor {
  const reduce = reduction === "mean" ? mean : sum;
  const apart = map([scaled(inputs.tensor("student"), q), scaled(inputs.tensor("teacher"), q)], sub);
  return reduce(p === 1 ? map([apart], abs) : normsOf(apart, p));
}

export const ft: DistillationLoss = {
  id: "ft",
  title: { en: "Factor transfer", zh: "因子迁移" },
  kind: "features",
  paper: {
    authors: "Kim, Park & Kwak",
    year: 2018,
    title: "Paraphrasing Complex Network: Network Compression via Factor Transfer",
    arxiv: "1802.04977",
  },
  variants: {
    repdistiller: lossVariant(
      "HobbitLong/RepDistiller",
      "mean over batch and positions of |g_s - g_t| (p2 = 1) or (g_s - g_t)^p2, g = f / |f| with f = mean_c x^p1; the larger map averaged down",
      z.object({ p1: z.int().min(1).default(2), p2: z.int().min(1).default(1) }),
      (inputs, { p1, p2 }) => {
        const [s, t] = bothMaps(inputs).map((x) => attentionRows(x, p1)) as [Tensor, Tensor];
        return mean(map([s, t], (a, b) => (p2 === 1 ? abs(sub(a, b)) : raised(sub(a, b), p2))));
      },
      { takes: "map", alike: [], squares: true },
    ),
    torchdistill: lossVariant(
      "yoshitomo-matsubara/torchdistill",
      "mean of |f_s - f_t| over all elements (p = 1), or of |f_s - f_t|_p over examples; f = x / |x|_2 of flattened factors",
      z.object({
        p: z.number().min(1).default(1),
        reduction: z.enum(["mean", "sum"]).default("mean"),
      }),
      (inputs, options) => factorDistance(inputs, { ...options, q: 2 }),
      { takes: "rows", alike: ["features"] },
    ),
  },
};
