/**
 * Probabilistic knowledge transfer: each example's similarities to all others as probabilities, compared by KL divergence.
 * The paper leaves out an example's similarity to itself and does not average; the authors' code keeps it and takes the
 * mean over all B^2 pairs.
 */
import { z } from "zod";
import { map } from "../../nn/tensor/functions/elementwise.ts";
import { mean, sum } from "../../nn/tensor/functions/reduce.ts";
import { add, div, log, mul } from "../../nn/tensor/scalar.ts";
import type { Tensor } from "../../nn/tensor/tensor.ts";
import { type DistillationLoss, type LossInputs, type LossNeeds, lossVariant } from "./loss.ts";
import { examples, gram, norms } from "./rows.ts";

/** [B, D] to [B, B]: (cosine + 1) / 2 as shares of its row. */
function probabilities(rows: Tensor, eps: number): Tensor {
  const unit = map([rows, norms(rows)], (x, length) => div(x, add(length, eps)));
  const similarities = map([gram(unit)], (cosine) => div(add(cosine, 1), 2));
  return map([similarities, sum(similarities, { over: [-1], keep: true })], div);
}

function transferred(inputs: LossInputs, eps: number): Tensor {
  const [s, t] = ["student", "teacher"].map((name) => probabilities(examples(inputs.tensor(name)), eps)) as [
    Tensor,
    Tensor,
  ];
  return mean(map([s, t], (p, q) => mul(q, log(div(add(q, eps), add(p, eps))))));
}

const authorsEps = 1e-7;
const needs: LossNeeds = { takes: "rows", alike: [] };

export const pkt: DistillationLoss = {
  id: "pkt",
  title: { en: "Probabilistic knowledge transfer", zh: "概率知识迁移" },
  kind: "relations",
  paper: {
    authors: "Passalis & Tefas",
    year: 2018,
    title: "Learning Deep Representations with Probabilistic Knowledge Transfer",
    arxiv: "1803.10837",
  },
  variants: {
    repdistiller: lossVariant(
      "HobbitLong/RepDistiller",
      "mean of P_t log((P_t + e) / (P_s + e)), P rows of (cos + 1) / 2 over their sum, x / (|x| + e), e = 1e-7",
      z.object({}),
      (inputs) => transferred(inputs, authorsEps),
      needs,
    ),
    torchdistill: lossVariant(
      "yoshitomo-matsubara/torchdistill",
      "as repdistiller with e = eps",
      z.object({ eps: z.number().positive().default(authorsEps) }),
      (inputs, { eps }) => transferred(inputs, eps),
      needs,
    ),
  },
};
