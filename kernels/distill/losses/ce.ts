/**
 * Cross-entropy with labels: the plain student's loss, and the hard term of most others. Labels may be ignored, classes
 * weighted, and every place of a map of classes may be an example, as in segmentation.
 */
import { z } from "zod";
import { div, mul } from "../../nn/tensor/functions/arithmetic.ts";
import { map } from "../../nn/tensor/functions/elementwise.ts";
import { gather, pick } from "../../nn/tensor/functions/gather.ts";
import { reshape } from "../../nn/tensor/functions/move.ts";
import { sum } from "../../nn/tensor/functions/reduce.ts";
import { logSoftmax } from "../../nn/tensor/functions/softmax.ts";
import { neg } from "../../nn/tensor/scalar.ts";
import type { Tensor } from "../../nn/tensor/tensor.ts";
import { type DistillationLoss, lossVariant } from "./loss.ts";
import { classRows, placesWhere, rowsAt } from "./rows.ts";

/** How the terms of examples become one number. */
export const reduction = z.enum(["mean", "sum"]).default("mean");

/** What torch takes as "no label", chosen because no class has a negative number. */
export const ignoredLabel = -100;

export interface CrossEntropyOptions {
  readonly reduction?: "mean" | "sum";
  readonly ignore?: number;
  /** One for each class. */
  readonly weight?: Tensor | undefined;
}

/**
 * -sum w_y log softmax(logits)_y over the rows whose label is not ignored; their mean divides by the sum of w_y.
 * @throws RangeError where all are ignored, or a label is no class
 */
export function labelledCrossEntropy(
  rows: Tensor,
  labels: ArrayLike<number>,
  { reduction = "mean", ignore = ignoredLabel, weight }: CrossEntropyOptions = {},
): Tensor {
  const { engine, shape } = rows;
  if (labels.length !== shape[0])
    throw new RangeError(`expected ${shape[0]} labels, one for each row of logits; found ${labels.length}`);
  const used = placesWhere(labels, (label) => label !== ignore);
  const classes = shape[1] as number;
  const known = engine.indices(
    used.map((place) => labels[place] as number),
    classes,
  );
  const likely = pick(logSoftmax(used.length < labels.length ? rowsAt(rows, used) : rows), known);
  const weights = weight && reshape(gather(reshape(weight, [classes, 1]), known), [used.length]);
  const total = map([sum(weights ? mul(likely, weights) : likely)], neg);
  return reduction === "sum" ? total : div(total, weights ? sum(weights) : used.length);
}

export const ce: DistillationLoss = {
  id: "ce",
  title: { en: "Cross-entropy with labels", zh: "交叉熵（硬标签）" },
  kind: "labels",
  paper: {
    authors: "Bridle",
    year: 1989,
    title:
      "Training Stochastic Model Recognition Algorithms as Networks Can Lead to Maximum Mutual Information Estimation of Parameters",
  },
  variants: {
    torch: lossVariant(
      "torch.nn.functional.cross_entropy",
      "-sum_n w_y log softmax(student_n)_y / sum_n w_y, without the division for reduction = sum",
      z.object({ reduction, ignore_index: z.int().default(ignoredLabel) }),
      (inputs, { reduction, ignore_index }) =>
        labelledCrossEntropy(classRows(inputs.tensor("student")), inputs.numbers("labels"), {
          reduction,
          ignore: ignore_index,
          weight: inputs.find("weight"),
        }),
    ),
  },
};
