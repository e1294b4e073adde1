/**
 * Knowledge review: each of the student's maps is fused with the deeper ones (attention-based fusion, ABF) and compared
 * with the teacher's at several sizes (hierarchical context loss, HCL).
 */
import { z } from "zod";
import { mul, sigmoid } from "../../nn/tensor/functions/arithmetic.ts";
import { conv2d } from "../../nn/tensor/functions/conv.ts";
import { map } from "../../nn/tensor/functions/elementwise.ts";
import { concat, slice } from "../../nn/tensor/functions/move.ts";
import { batchNorm } from "../../nn/tensor/functions/norms.ts";
import { adaptiveAveragePool2d } from "../../nn/tensor/functions/pool.ts";
import { sum } from "../../nn/tensor/functions/reduce.ts";
import { resizeNearest } from "../../nn/tensor/functions/resize.ts";
import { add, mul as times } from "../../nn/tensor/scalar.ts";
import type { Tensor } from "../../nn/tensor/tensor.ts";
import { type DistillationLoss, type LossInputs, lossVariant } from "./loss.ts";
import { bothLists, sidesOf } from "./maps.ts";
import { meanSquare, squaredDistance, total } from "./rows.ts";

/** Sides that maps are averaged down to, as far as they are smaller than the map. */
const levels = [4, 2, 1];

/** Each level counts half as much as the one before; their weights add up to 1. */
function hierarchical(
  [s, t]: readonly [Tensor, Tensor],
  sizes: readonly number[],
  error: (a: Tensor, b: Tensor) => Tensor,
): Tensor {
  const used = sizes.filter((size) => size < sidesOf(s)[2]);
  const terms = [
    error(s, t),
    ...used.map((size, i) =>
      mul(error(adaptiveAveragePool2d(s, size), adaptiveAveragePool2d(t, size)), 0.5 ** (i + 1)),
    ),
  ];
  const weights = terms.reduce((sum, _, i) => sum + 0.5 ** i, 0);
  return mul(total(terms), 1 / weights);
}

/** Sides of the deeper map before fusion, and of the result (default: those of x). */
type FusionInputs = Pick<LossInputs, "tensor" | "find">;

export interface FusionSizes {
  readonly resize_to?: number | undefined;
  readonly out_shape?: number | undefined;
}

/**
 * x [batch, channels, height, width] through BN(1x1), mixed with the deeper `residual` by shares that both decide, and
 * through BN(3x3): the map for the loss, and what is passed on to the next shallower layer. Weights are inputs by the
 * names of the authors' module.
 */
export function attentionFusion(inputs: FusionInputs, { resize_to, out_shape }: FusionSizes) {
  const normalised = (of: Tensor, layer: string, padding: number): Tensor =>
    batchNorm(conv2d(of, inputs.tensor(`${layer}.0.weight`), undefined, { padding }), {
      training: true,
      weight: inputs.tensor(`${layer}.1.weight`),
      bias: inputs.tensor(`${layer}.1.bias`),
    });
  const reduced = normalised(inputs.tensor("x"), "conv1", 0);
  const residual = inputs.find("residual");
  const [, , height, width] = sidesOf(reduced);
  const mixed = residual ? fused(inputs, reduced, resizeNearest(residual, resize_to ?? height)) : reduced;
  const side = out_shape ?? width;
  const x_fused = width === side ? mixed : resizeNearest(mixed, side);
  return { y: normalised(x_fused, "conv2", 1), x_fused };
}

/** x z0 + r z1, z = sigmoid(conv1x1([x, r])). */
function fused(inputs: FusionInputs, x: Tensor, residual: Tensor): Tensor {
  const both = concat([x, residual], 1);
  const shares = sigmoid(conv2d(both, inputs.tensor("att_conv.0.weight"), inputs.tensor("att_conv.0.bias")));
  return map([x, slice(shares, 1, 0, 1), residual, slice(shares, 1, 1, 2)], (own, a, other, b) =>
    add(times(own, a), times(other, b)),
  );
}

export const reviewkd: DistillationLoss = {
  id: "reviewkd",
  title: { en: "Knowledge review", zh: "知识回顾" },
  kind: "features",
  paper: {
    authors: "Chen, Liu, Zhao & Jia",
    year: 2021,
    title: "Distilling Knowledge via Knowledge Review",
    arxiv: "2104.09044",
  },
  variants: {
    "hcl-mdistiller": lossVariant(
      "megvii-research/mdistiller",
      "sum over pairs of sum_l w_l mse(s_l, t_l) / sum_l w_l: the maps, and averaged down to 4, 2, 1 where smaller; w = 1, 1/2 …",
      z.object({}),
      (inputs) => total(bothLists(inputs).map((pair) => hierarchical(pair, levels, meanSquare))),
      { takes: "maps", alike: ["channels", "height", "width"], fused: true },
    ),
    "hcl-torchdistill": lossVariant(
      "yoshitomo-matsubara/torchdistill",
      "as hcl-mdistiller of one pair, with the sizes given; sums of squares for reduction sum",
      z.object({
        output_sizes: z.array(z.int().min(1)).default(levels),
        reduction: z.enum(["mean", "sum"]).default("mean"),
      }),
      (inputs, { output_sizes, reduction }) =>
        hierarchical(
          [inputs.tensor("student"), inputs.tensor("teacher")],
          output_sizes,
          reduction === "mean" ? meanSquare : squaredDistance,
        ),
      { takes: "map", alike: ["channels", "height", "width"] },
    ),
    "abf-mdistiller": lossVariant(
      "megvii-research/mdistiller",
      "sum(y grad_y) of the fusion y = BN(conv3x3(x z_0 + r z_1)), z = sigmoid(conv1x1([x, r]) + b), x = BN(conv1x1(x))",
      z.object({ resize_to: z.int().min(1).optional(), out_shape: z.int().min(1).optional() }),
      (inputs, sizes) => {
        const { y, x_fused } = attentionFusion(inputs, sizes);
        return { loss: sum(mul(y, inputs.tensor("grad_y"))), outputs: { y, x_fused } };
      },
    ),
  },
};
