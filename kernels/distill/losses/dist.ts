/**
 * DIST: the student keeps the teacher's preferences, measured by Pearson correlation: among classes for each example
 * (inter), and among examples for each class (intra). Code differs in the epsilon, which stands in the denominator
 * (authors) or bounds it (torchdistill), and in the temperature, which the authors' code for segmentation has not.
 */
import { z } from "zod";
import { add, mul } from "../../nn/tensor/functions/arithmetic.ts";
import { map } from "../../nn/tensor/functions/elementwise.ts";
import { transpose } from "../../nn/tensor/functions/move.ts";
import { mean } from "../../nn/tensor/functions/reduce.ts";
import { softmax } from "../../nn/tensor/functions/softmax.ts";
import { div, max, add as plus, type Scalar, sub, mul as times } from "../../nn/tensor/scalar.ts";
import type { Tensor } from "../../nn/tensor/tensor.ts";
import { type DistillationLoss, type LossInputs, lossVariant } from "./loss.ts";
import { classRows, dots, norms } from "./rows.ts";

/** Keeps the quotient of rows without spread a number. */
const epsilon = 1e-8;
const added = (lengths: Scalar): Scalar => plus(lengths, epsilon);
const floored = (lengths: Scalar): Scalar => max(lengths, epsilon);

const weights = {
  // The defaults of the authors' code.
  beta: z.number().default(1),
  gamma: z.number().default(1),
};
const tempered = z.object({ ...weights, tau: z.number().positive().default(1) });

const centred = (rows: Tensor): Tensor => map([rows, mean(rows, { over: [-1], keep: true })], sub);

/** 1 - the mean over the rows of the correlation of a and b. */
function dissimilarity(a: Tensor, b: Tensor, guard: (lengths: Scalar) => Scalar): Tensor {
  const [x, y] = [centred(a), centred(b)];
  const correlations = map([dots(x, y), norms(x), norms(y)], (product, p, q) =>
    div(product, guard(times(p, q))),
  );
  return map([mean(correlations)], (value) => sub(1, value));
}

function dissimilarities(
  inputs: LossInputs,
  { beta, gamma, tau = 1 }: { readonly beta: number; readonly gamma: number; readonly tau?: number },
  guard: (lengths: Scalar) => Scalar,
): Tensor {
  const [s, t] = ["student", "teacher"].map((name) =>
    softmax(mul(classRows(inputs.tensor(name)), 1 / tau)),
  ) as [Tensor, Tensor];
  const inter = dissimilarity(s, t, guard);
  const intra = dissimilarity(transpose(s), transpose(t), guard);
  return add(mul(inter, beta * tau ** 2), mul(intra, gamma * tau ** 2));
}

export const dist: DistillationLoss = {
  id: "dist",
  title: { en: "DIST: correlations of predictions", zh: "DIST：预测的相关性" },
  kind: "logits",
  paper: {
    authors: "Huang, You, Wang, Qian & Xu",
    year: 2022,
    title: "Knowledge Distillation from A Stronger Teacher",
    arxiv: "2205.10536",
  },
  variants: {
    dist_kd: lossVariant(
      "hunto/DIST_KD",
      "beta (1 - mean_n rho(s_n, t_n)) + gamma (1 - mean_k rho(s_k, t_k)), rho = a.b / (|a| |b| + 1e-8) of centred a, b",
      z.object(weights),
      (inputs, options) => dissimilarities(inputs, options, added),
    ),
    vanillakd: lossVariant(
      "huawei-noah/Efficient-Computing",
      "as dist_kd with softmax(z / tau), each term times tau^2",
      tempered,
      (inputs, options) => dissimilarities(inputs, options, added),
    ),
    torchdistill: lossVariant(
      "yoshitomo-matsubara/torchdistill",
      "as vanillakd with rho = a.b / max(|a| |b|, 1e-8)",
      tempered,
      (inputs, options) => dissimilarities(inputs, options, floored),
    ),
  },
};
