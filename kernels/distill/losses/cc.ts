/**
 * Correlation congruence: how examples go together, by a kernel of their features. Paper: the squared Frobenius norm of
 * the difference over n^2; torchdistill takes the norm itself. RepDistiller's function of that name has no correlations:
 * it multiplies how far neighbouring examples are from the teacher.
 */
import { z } from "zod";
import { mul } from "../../nn/tensor/functions/arithmetic.ts";
import { map } from "../../nn/tensor/functions/elementwise.ts";
import { slice } from "../../nn/tensor/functions/move.ts";
import { sum } from "../../nn/tensor/functions/reduce.ts";
import { abs, add, constant, type Scalar, sub, mul as times } from "../../nn/tensor/scalar.ts";
import { shapeText } from "../../nn/tensor/shapes.ts";
import type { Tensor } from "../../nn/tensor/tensor.ts";
import { type DistillationLoss, type LossInputs, type LossNeeds, lossVariant } from "./loss.ts";
import { examples, gram, raised, wholeNorm } from "./rows.ts";

function neighbours(inputs: LossInputs): Tensor {
  const student = inputs.tensor("student");
  const apart = map([student, inputs.tensor("teacher")], (s, t) => abs(sub(s, t)));
  const [batch] = apart.shape as [number];
  if (apart.shape.length !== 2 || batch < 2)
    throw new RangeError(`expected rows of at least two examples; found ${shapeText(apart.shape)}`);
  const products = map([slice(apart, 0, 0, batch - 1), slice(apart, 0, 1, batch)], times);
  return mul(sum(products), 1 / (batch - 1));
}

const reduction = z.enum(["batchmean", "sum"]).default("batchmean");

/** |K_s - K_t| of a kernel on the products of examples. */
function congruence(
  inputs: LossInputs,
  kernel: (product: Scalar) => Scalar,
  reduced: z.infer<typeof reduction>,
): Tensor {
  const [s, t] = ["student", "teacher"].map((name) => gram(examples(inputs.tensor(name)))) as [
    Tensor,
    Tensor,
  ];
  const norm = wholeNorm(map([s, t], (a, b) => sub(kernel(a), kernel(b))));
  return reduced === "batchmean" ? mul(norm, 1 / (s.shape[0] as number) ** 2) : norm;
}

/** exp(-2 gamma) sum_p (2 gamma)^p / p! x^p up to an order: the Taylor series of a Gaussian of rows of length 1. */
function gaussian(product: Scalar, gamma: number, order: number): Scalar {
  const terms = Array.from({ length: order }, (_, i) => i + 1);
  let factor = Math.exp(-2 * gamma);
  return terms.reduce<Scalar>((series, p) => {
    factor *= (2 * gamma) / p;
    return add(series, times(raised(product, p), factor));
  }, constant(factor));
}

const needs: LossNeeds = { takes: "rows", alike: [] };

export const cc: DistillationLoss = {
  id: "cc",
  title: { en: "Correlation congruence", zh: "相关一致性" },
  kind: "relations",
  paper: {
    authors: "Peng, Jin, Liu, Zhou, Wu, Liu, Li & Zhang",
    year: 2019,
    title: "Correlation Congruence for Knowledge Distillation",
    arxiv: "1904.01802",
  },
  variants: {
    "repdistiller-neighbour": lossVariant(
      "HobbitLong/RepDistiller",
      "mean over n < B - 1 of sum_j d_nj d_(n+1)j, d = |s - t|",
      z.object({}),
      neighbours,
      // The width of the authors' embeddings by default.
      { takes: "rows", alike: ["features"], embedded: 128 },
    ),
    "torchdistill-bilinear": lossVariant(
      "yoshitomo-matsubara/torchdistill",
      "||C_s - C_t||_F, C = F F^T; over B^2 for batchmean",
      z.object({ reduction }),
      (inputs, options) => congruence(inputs, (product) => product, options.reduction),
      needs,
    ),
    "torchdistill-gaussian": lossVariant(
      "yoshitomo-matsubara/torchdistill",
      "||K_s - K_t||_F, K_ij = exp(-2 gamma) sum_(p <= max_p) (2 gamma)^p / p! (F_i . F_j)^p; over B^2 for batchmean",
      // The paper's order and width.
      z.object({ gamma: z.number().default(0.4), max_p: z.int().min(0).default(2), reduction }),
      (inputs, { gamma, max_p, reduction }) =>
        congruence(inputs, (product) => gaussian(product, gamma, max_p), reduction),
      needs,
    ),
  },
};
