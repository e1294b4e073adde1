/**
 * Decoupled distillation: KD is a term on the target class against the rest plus a term among the rest, and the second is
 * damped by the teacher's confidence; here both have weights of their own. Published code leaves the target class out by
 * taking 1000 from its logit; here it has no share at all, which is the same number.
 */
import { z } from "zod";
import { add, mul } from "../../nn/tensor/functions/arithmetic.ts";
import { map } from "../../nn/tensor/functions/elementwise.ts";
import { pick } from "../../nn/tensor/functions/gather.ts";
import { concat, reshape } from "../../nn/tensor/functions/move.ts";
import { mean } from "../../nn/tensor/functions/reduce.ts";
import { logSumExp } from "../../nn/tensor/functions/softmax.ts";
import type { Indices } from "../../nn/tensor/indices.ts";
import { choose, sub } from "../../nn/tensor/scalar.ts";
import type { Tensor } from "../../nn/tensor/tensor.ts";
import { standardised } from "./logit-std.ts";
import { type DistillationLoss, type LossInputs, lossVariant } from "./loss.ts";
import { divergence, logTempered } from "./soft-targets.ts";

const params = z.object({
  alpha: z.number().default(1),
  // From 1 to 10 by pair; mdistiller has 8 where ResNet32x4 teaches ResNet8x4.
  beta: z.number().default(8),
  T: z.number().positive().default(4),
});

/** The logarithm of no share: its exponential is 0 in either precision, and products with 0 stay numbers. */
const none = -1e30;

/** 1 at each row's label, 0 elsewhere. */
function oneHot(labels: Indices, like: Tensor): Tensor {
  const marks = like.engine.tensor(like.shape, 0);
  for (const [row, label] of labels.values.entries()) marks.values[row * labels.limit + label] = 1;
  return marks;
}

/** Logarithms of [p_y, 1 - p_y], and of the shares of the other classes among themselves. */
function parts(logits: Tensor, labels: Indices, temperature: number) {
  const logs = logTempered(logits, temperature);
  const others = map([logs, oneHot(labels, logs)], (value, mark) => choose(mark, "gt", 0, none, value));
  const rest = logSumExp(others);
  return {
    target: concat([reshape(pick(logs, labels), rest.shape), rest], 1),
    others: map([others, rest], sub),
  };
}

function decoupled(
  student: Tensor,
  teacher: Tensor,
  inputs: LossInputs,
  { alpha, beta, T }: z.infer<typeof params>,
): Tensor {
  const labels = inputs.indices("labels", student.shape.at(-1) as number);
  const [s, t] = [parts(student, labels, T), parts(teacher, labels, T)];
  const target = mean(divergence(t.target, s.target));
  const others = mean(divergence(t.others, s.others));
  return add(mul(target, alpha * T ** 2), mul(others, beta * T ** 2));
}

export const dkd: DistillationLoss = {
  id: "dkd",
  title: { en: "Decoupled knowledge distillation", zh: "解耦知识蒸馏" },
  kind: "logits",
  paper: {
    authors: "Zhao, Cui, Song, Qiu & Liang",
    year: 2022,
    title: "Decoupled Knowledge Distillation",
    arxiv: "2203.08679",
  },
  variants: {
    mdistiller: lossVariant(
      "megvii-research/mdistiller",
      "T^2 (alpha KL([p_y, 1 - p_y]_t || same_s) + beta KL(softmax over k != y, teacher || student)), means over rows",
      params,
      (inputs, options) => decoupled(inputs.tensor("student"), inputs.tensor("teacher"), inputs, options),
    ),
    "lskd-standardised": lossVariant(
      "sunshangquan/logit-standardization-KD",
      "as mdistiller, of logits standardised as in logit_std",
      params,
      (inputs, options) =>
        decoupled(
          standardised(inputs.tensor("student")),
          standardised(inputs.tensor("teacher")),
          inputs,
          options,
        ),
    ),
  },
};
