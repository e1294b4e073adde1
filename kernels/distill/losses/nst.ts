/**
 * Neuron selectivity transfer: where the student's channels are active is distributed as the teacher's, by maximum mean
 * discrepancy with a polynomial kernel. TextBrewer's function of that name compares products of two layers' tokens.
 */
import { z } from "zod";
import { div, mul } from "../../nn/tensor/functions/arithmetic.ts";
import { map } from "../../nn/tensor/functions/elementwise.ts";
import { matmul } from "../../nn/tensor/functions/matmul.ts";
import { reshape } from "../../nn/tensor/functions/move.ts";
import { mean, sum } from "../../nn/tensor/functions/reduce.ts";
import { add, square, sub, mul as times } from "../../nn/tensor/scalar.ts";
import type { Tensor } from "../../nn/tensor/tensor.ts";
import { maskOf } from "./bert-intermediate.ts";
import { type DistillationLoss, type LossInputs, lossVariant } from "./loss.ts";
import { bothMaps, planesOf } from "./maps.ts";
import { meanSquare, unitRows } from "./rows.ts";

/** Mean over batch and pairs of channels of (a . b)^2. */
const kernelMean = (a: Tensor, b: Tensor): Tensor => mean(map([matmul(a, b, { transposeB: true })], square));

function discrepancy(inputs: LossInputs): Tensor {
  const [s, t] = bothMaps(inputs).map((x) => unitRows(planesOf(x))) as [Tensor, Tensor];
  return map([kernelMean(t, t), kernelMean(s, s), kernelMean(s, t)], (own, other, both) =>
    sub(add(own, other), times(2, both)),
  );
}

/** Products of every token of one layer with every token of another over the width: [batch, length, length]. */
function tokenProducts(states: readonly Tensor[]): Tensor {
  const [first, second] = states as [Tensor, Tensor];
  return mul(matmul(first, second, { transposeB: true }), 1 / (first.shape[2] as number));
}

function productDistance(inputs: LossInputs): Tensor {
  const [s, t] = [tokenProducts(inputs.list("student")), tokenProducts(inputs.list("teacher"))];
  const mask = maskOf(inputs);
  if (!mask) return meanSquare(s, t);
  const [batch, length] = mask.shape as [number, number];
  const errors = map(
    [s, t, reshape(mask, [batch, length, 1]), reshape(mask, [batch, 1, length])],
    (a, b, row, column) => times(square(sub(a, b)), times(row, column)),
  );
  return div(sum(errors), sum(map([sum(mask, { over: [-1] })], square)));
}

export const nst: DistillationLoss = {
  id: "nst",
  title: { en: "Neuron selectivity transfer", zh: "神经元选择性迁移" },
  kind: "features",
  paper: {
    authors: "Huang & Wang",
    year: 2017,
    title: "Like What You Like: Knowledge Distill via Neuron Selectivity Transfer",
    arxiv: "1707.01219",
  },
  variants: {
    repdistiller: lossVariant(
      "HobbitLong/RepDistiller",
      "mean k(t,t) + mean k(s,s) - 2 mean k(s,t), k(a,b) = (a.b)^2 of channels' maps of length 1; the larger map averaged down",
      z.object({}),
      discrepancy,
      { takes: "map", alike: [], squares: true },
    ),
    "textbrewer-mmd": lossVariant(
      "airaria/TextBrewer",
      "mean (G_s - G_t)^2, G = S0 S1^T / width of two layers' states; a mask leaves out padding",
      z.object({}),
      productDistance,
      { takes: "states", alike: [] },
    ),
  },
};
