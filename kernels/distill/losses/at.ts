/**
 * Attention transfer: where the channels of a map are large together, the student's shall be too. Paper (equation 2):
 * (beta / 2) sum_j |Q_s / |Q_s| - Q_t / |Q_t||, the norm not squared. The authors' code takes the mean of the squares, which
 * is another and far smaller function. The paper multiplies by a beta of 1000.
 */
import { z } from "zod";
import { mul } from "../../nn/tensor/functions/arithmetic.ts";
import { map } from "../../nn/tensor/functions/elementwise.ts";
import { mean, sum } from "../../nn/tensor/functions/reduce.ts";
import { square, sub } from "../../nn/tensor/scalar.ts";
import type { Tensor } from "../../nn/tensor/tensor.ts";
import { type DistillationLoss, type LossInputs, lossVariant } from "./loss.ts";
import { bothMaps, planesOf } from "./maps.ts";
import { meanSquare, norms, raised, unitRows } from "./rows.ts";

/** Mean over the channels of x^p: [batch, channels, height, width] to rows [batch, positions] of length 1. */
export function attentionRows(x: Tensor, p: number): Tensor {
  const powers = map([planesOf(x)], (value) => raised(value, p));
  return unitRows(mean(powers, { over: [1] }));
}

/** The same of the sum of squares. */
const squareRows = (x: Tensor): Tensor => unitRows(sum(map([planesOf(x)], square), { over: [1] }));

const squared = ([s, t]: readonly [Tensor, Tensor], p: number): Tensor =>
  meanSquare(attentionRows(s, p), attentionRows(t, p));

const sides = (inputs: LossInputs) => [inputs.tensor("student"), inputs.tensor("teacher")] as const;

const weighted = z.object({ weight: z.number().default(1) });

export const at: DistillationLoss = {
  id: "at",
  title: { en: "Attention transfer", zh: "注意力迁移" },
  kind: "features",
  paper: {
    authors: "Zagoruyko & Komodakis",
    year: 2016,
    title:
      "Paying More Attention to Attention: Improving the Performance of Convolutional Neural Networks via Attention Transfer",
    arxiv: "1612.03928",
  },
  variants: {
    repdistiller: lossVariant(
      "HobbitLong/RepDistiller",
      "mean over batch and positions of (a_s - a_t)^2, a = f / |f| with f = mean_c x^p; the larger map averaged down",
      z.object({ p: z.int().min(1).default(2) }),
      (inputs, { p }) => squared(bothMaps(inputs), p),
      { takes: "map", alike: [], squares: true },
    ),
    "torchdistill-paper": lossVariant(
      "yoshitomo-matsubara/torchdistill",
      "weight mean_n |a_s,n - a_t,n|, a = f / |f| with f = sum_c x^2",
      weighted,
      (inputs, { weight }) => {
        const [s, t] = sides(inputs).map(squareRows) as [Tensor, Tensor];
        return mul(mean(norms(map([s, t], sub))), weight);
      },
      { takes: "map", alike: ["height", "width"] },
    ),
    "torchdistill-code": lossVariant(
      "yoshitomo-matsubara/torchdistill",
      "weight times repdistiller with p = 2, of maps of one size",
      weighted,
      (inputs, { weight }) => mul(squared(sides(inputs), 2), weight),
      { takes: "map", alike: ["height", "width"] },
    ),
  },
};
