/**
 * Structured distillation for dense predictions: each position's classes (pixel-wise), how regions go together (pair-wise),
 * and how the positions of different images do (cross-image). The authors' pixel-wise term is a cross-entropy, not a KL
 * divergence, and is not divided by the batch; their pair-wise one holds the norms of features constant, so that its
 * gradient is not that of the value.
 */
import { z } from "zod";
import { mul } from "../../nn/tensor/functions/arithmetic.ts";
import { map } from "../../nn/tensor/functions/elementwise.ts";
import { detach, reshape, transpose } from "../../nn/tensor/functions/move.ts";
import { maxPool2d } from "../../nn/tensor/functions/pool.ts";
import { sum } from "../../nn/tensor/functions/reduce.ts";
import { add, div } from "../../nn/tensor/scalar.ts";
import type { Tensor } from "../../nn/tensor/tensor.ts";
import { type DistillationLoss, type LossInputs, type LossNeeds, lossVariant } from "./loss.ts";
import { planesOf, sidesOf } from "./maps.ts";
import { classRows, gram, lastRows, norms, squaredDistance, unitRows } from "./rows.ts";
import { divergence, logTempered, softCrossEntropy, softTerm } from "./soft-targets.ts";

const both = (inputs: LossInputs, view: (x: Tensor) => Tensor) =>
  ["student", "teacher"].map((name) => view(inputs.tensor(name))) as [Tensor, Tensor];

function pixelwise(inputs: LossInputs): Tensor {
  const [s, t] = both(inputs, (x) => logTempered(classRows(x), 1));
  // The mean over batch and positions, times the batch.
  return mul(softCrossEntropy(t, s), inputs.tensor("student").shape[0] as number);
}

/** Keeps quotients of features without length numbers. */
const epsilon = 1e-8;

/** Products of all pairs of regions: maxima of patches, over the norm of their channels. */
function affinities(x: Tensor, patch: { readonly y: number; readonly x: number }, hold: boolean): Tensor {
  const regions = transpose(planesOf(maxPool2d(x, { kernel: patch, ceil: true })));
  const lengths = norms(regions);
  return gram(map([regions, hold ? detach(lengths) : lengths], (f, n) => div(f, add(n, epsilon))));
}

function pairwise(inputs: LossInputs, scale: number, hold: boolean): Tensor {
  const [, , height, width] = sidesOf(inputs.tensor("teacher"));
  const patch = { y: Math.trunc(height * scale), x: Math.trunc(width * scale) };
  const [s, t] = both(inputs, (x) => affinities(x, patch, hold));
  const [batch, regions] = s.shape as [number, number];
  return mul(squaredDistance(s, t), 1 / (regions ** 2 * batch));
}

/** Of every position of every image, shares of likeness over the positions of each image: KL, mean over the pairs. */
function crossImage(inputs: LossInputs, T: number): Tensor {
  const [batch, , height, width] = sidesOf(inputs.tensor("student"));
  const positions = height * width;
  const [s, t] = both(inputs, (x) => {
    const rows = unitRows(lastRows(transpose(planesOf(x))));
    return logTempered(reshape(gram(rows), [batch * positions, batch, positions]), T);
  });
  return mul(sum(divergence(t, s)), 1 / (positions * batch ** 2));
}

const logits: LossNeeds = { takes: "logits", alike: ["channels", "height", "width"] };
const region: LossNeeds = { takes: "map", alike: ["height", "width"] };
const pooled = z.object({ pool_scale: z.number().positive().max(1).default(0.5) });
const source = "irfanICMLL/structure_knowledge_distillation";

export const structuredKd: DistillationLoss = {
  id: "structured_kd",
  title: { en: "Structured distillation of dense predictions", zh: "密集预测的结构化蒸馏" },
  kind: "relations",
  paper: {
    authors: "Liu, Chen, Liu, Qin, Luo & Wang",
    year: 2019,
    title: "Structured Knowledge Distillation for Semantic Segmentation",
    arxiv: "1903.04197",
  },
  variants: {
    "pixelwise-author": lossVariant(
      source,
      "sum over batch, positions and classes of -p_t log p_s, over H W",
      z.object({}),
      pixelwise,
      logits,
    ),
    "pixelwise-T": lossVariant(
      "hunto/DIST_KD",
      "T^2 KL(p_t || p_s), mean over batch and positions, p = softmax(z / T)",
      z.object({ T: z.number().positive().default(1) }),
      (inputs, { T }) =>
        softTerm(classRows(inputs.tensor("student")), classRows(inputs.tensor("teacher")), T),
      logits,
    ),
    "pairwise-author": lossVariant(
      source,
      "sum (a_t - a_s)^2 / (h w)^2 / B, a_ij = f_i . f_j of patches' maxima, f / (|f| + 1e-8) with |f| detached",
      pooled,
      (inputs, { pool_scale }) => pairwise(inputs, pool_scale, true),
      region,
    ),
    "pairwise-fullgrad": lossVariant(
      "arXiv 1903.04197, equation 3",
      "as pairwise-author with the gradient of the value",
      pooled,
      (inputs, { pool_scale }) => pairwise(inputs, pool_scale, false),
      region,
    ),
    // Yang, Zhou, An, Jiang, Xu & Zhang 2022, arXiv 2204.06986.
    "cross-image-pairs": lossVariant(
      "hunto/DIST_KD",
      "mean over the B^2 pairs of images of KL(softmax(F_i^T F_j / T) of the teacher || of the student) / HW, F of length 1",
      z.object({ T: z.number().positive().default(0.1) }),
      (inputs, { T }) => crossImage(inputs, T),
      region,
    ),
  },
};
