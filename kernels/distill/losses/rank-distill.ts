/**
 * Ranking distillation: a small recommender learns from labels and from the teacher's first K unlabelled items, weighted
 * by place (static) and by how far the student itself ranks them too low (dynamic). The authors' code leaves the product
 * of both weights as it is, where the paper brings it back to a sum of 1 (`renormalize`).
 */
import { z } from "zod";
import { add, mul } from "../../nn/tensor/functions/arithmetic.ts";
import { map } from "../../nn/tensor/functions/elementwise.ts";
import { sum } from "../../nn/tensor/functions/reduce.ts";
import { abs, exp, log, min, neg, add as plus, type Scalar, sub } from "../../nn/tensor/scalar.ts";
import type { Tensor } from "../../nn/tensor/tensor.ts";
import { type DistillationLoss, type LossInputs, lossVariant } from "./loss.ts";

const params = z.object({
  /** Sharpness of the static weights: places up to about this one count. */
  lam: z.number().positive().default(1),
  /** How soon an item that is ranked too low has its full weight. */
  mu: z.number().default(0.1),
  alpha: z.number().default(1),
  dynamic: z.boolean().default(true),
  renormalize: z.boolean().default(false),
  /** Items of the catalogue, for dynamic weights: places are estimated among num_items - 1. */
  num_items: z.int().min(2).optional(),
});
type Options = z.infer<typeof params>;

/** log sigmoid(x), also where sigmoid would be 0. */
const logSigmoid = (x: Scalar): Scalar => sub(min(x, 0), log(plus(exp(neg(abs(x))), 1)));

/** Sum over all of a batch's scores. */
const total = (scores: Tensor, formula: (x: Scalar) => Scalar): Tensor => sum(map([scores], formula));

/** exp(-r / lam) for r = 1 … K, brought to a sum of 1. */
function staticWeights(places: number, lam: number): readonly number[] {
  const raw = Array.from({ length: places }, (_, r) => Math.exp(-(r + 1) / lam));
  const whole = raw.reduce((a, b) => a + b);
  return raw.map((weight) => weight / whole);
}

/** The weights of each row's candidates; numbers, since no gradient passes through them. */
function weightsOf(candidates: Tensor, dynamics: Tensor, options: Options): readonly number[] {
  const [rows, places] = candidates.shape as [number, number];
  const [, samples] = dynamics.shape as [number, number];
  const { lam, mu, num_items, dynamic, renormalize } = options;
  const fixed = staticWeights(places, lam);
  if (dynamic && num_items === undefined)
    throw new RangeError("params.num_items: expected how many items there are; found nothing");
  return Array.from({ length: rows }, (_, row) => {
    if (!dynamic || num_items === undefined) return fixed;
    const sampled = dynamics.values.subarray(row * samples, (row + 1) * samples);
    const weights = fixed.map((weight, r) => {
      const score = candidates.values[row * places + r] as number;
      const share = sampled.filter((other) => other > score).length / samples;
      const rank = Math.floor((num_items - 1) * share);
      return weight * Math.max(Math.tanh(mu * (rank - r)), 0);
    });
    const whole = weights.reduce((a, b) => a + b);
    return renormalize ? weights.map((weight) => weight / (whole || 1)) : weights;
  }).flat();
}

function ranking(inputs: LossInputs, options: Options) {
  const [targets, negatives, candidates] = ["targets", "negatives", "candidates"].map((name) =>
    inputs.tensor(name),
  ) as [Tensor, Tensor, Tensor];
  const share = 1 / (targets.shape[0] as number);
  const weight = weightsOf(candidates, inputs.tensor("dynamics"), options);
  const labelled = add(
    total(targets, (x) => neg(logSigmoid(x))),
    // 1 - sigmoid(x) is sigmoid(-x).
    total(negatives, (x) => neg(logSigmoid(neg(x)))),
  );
  const regular_loss = mul(labelled, share);
  const taught = mul(map([candidates], logSigmoid), candidates.engine.tensor(candidates.shape, weight));
  return {
    loss: add(regular_loss, mul(sum(taught), -options.alpha * share)),
    outputs: { regular_loss, weight },
  };
}

export const rankDistill: DistillationLoss = {
  id: "rank_distill",
  title: { en: "Ranking distillation", zh: "排序蒸馏" },
  kind: "ranking",
  paper: {
    authors: "Tang & Wang",
    year: 2018,
    title:
      "Ranking Distillation: Learning Compact Ranking Models With High Performance for Recommender System",
    arxiv: "1809.07428",
  },
  variants: {
    author: lossVariant(
      "graytowne/rank_distill",
      "mean_n of sum -log sigmoid(targets) - sum log(1 - sigmoid(negatives)) - alpha sum_r w_r log sigmoid(candidates_r)",
      params,
      ranking,
    ),
  },
};
