/**
 * Streamlined distillation, its term on directions: the Gram matrices of normalised logits, compared by a Mahalanobis
 * distance whose covariance is that of the differences themselves. The whole method adds KD, which is the row `kd`.
 */
import { z } from "zod";
import { map } from "../../nn/tensor/functions/elementwise.ts";
import { matmul } from "../../nn/tensor/functions/matmul.ts";
import { transpose } from "../../nn/tensor/functions/move.ts";
import { mean } from "../../nn/tensor/functions/reduce.ts";
import { solve } from "../../nn/tensor/functions/solve.ts";
import { add, mul, sub } from "../../nn/tensor/scalar.ts";
import type { Tensor } from "../../nn/tensor/tensor.ts";
import { type DistillationLoss, type LossInputs, lossVariant } from "./loss.ts";
import { dots, rootOf, unitRows } from "./rows.ts";

function gram(logits: Tensor): Tensor {
  const rows = unitRows(logits);
  return matmul(rows, rows, { transposeB: true });
}

/** Covariance of the columns over the rows (B - 1 in the divisor), with `ridge` added on the diagonal. */
function covariance(differences: Tensor, ridge: number): Tensor {
  const { engine, shape } = differences;
  const [n] = shape as [number];
  const centred = map([differences, mean(differences, { over: [0], keep: true })], sub);
  const diagonal = engine.tensor([n, n], 0);
  for (let i = 0; i < n; i++) diagonal.values[i * n + i] = ridge;
  return map([matmul(centred, centred, { transposeA: true }), diagonal], (products, extra) =>
    add(mul(products, 1 / (n - 1)), extra),
  );
}

/** mean_i sqrt(D_i Sigma^-1 D_i^T) of the rows of D. */
function directions(inputs: LossInputs, tikhonov: number): Tensor {
  const differences = map([gram(inputs.tensor("student")), gram(inputs.tensor("teacher"))], sub);
  const whitened = transpose(solve(covariance(differences, tikhonov), transpose(differences)));
  return mean(map([dots(differences, whitened)], rootOf));
}

export const skd: DistillationLoss = {
  id: "skd",
  title: { en: "Streamlined distillation: directions", zh: "精简蒸馏：方向项" },
  kind: "relations",
  // Named by their code, HyunJunSik/StreamLined; the paper is in the proceedings of CVPR.
  paper: { authors: "HyunJunSik et al.", year: 2026, title: "Streamlined Knowledge Distillation" },
  variants: {
    "direction-torchdistill": lossVariant(
      "yoshitomo-matsubara/torchdistill",
      "mean_i sqrt(D_i Sigma^-1 D_i^T), D = Z_s Z_s^T - Z_t Z_t^T of rows of length 1, Sigma = cov of D's columns + tikhonov I",
      // What keeps Sigma, whose rank is below B, invertible.
      z.object({ tikhonov: z.number().positive().default(0.1) }),
      (inputs, { tikhonov }) => directions(inputs, tikhonov),
    ),
  },
};
