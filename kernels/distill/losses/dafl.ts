/**
 * Data-free learning: a generator makes the images that a student is taught on, and is itself led by what the teacher says
 * of them: sure of one class (one-hot), strong in its features (activation), even over classes (entropy). The authors'
 * code takes logarithms to base 10 and no 1/K in the entropy, the mean of the features for their L1 norm, and adds KD
 * without temperature.
 */
import { z } from "zod";
import { add, mul } from "../../nn/tensor/functions/arithmetic.ts";
import { map } from "../../nn/tensor/functions/elementwise.ts";
import { detach } from "../../nn/tensor/functions/move.ts";
import { mean, sum } from "../../nn/tensor/functions/reduce.ts";
import { crossEntropy, softmax } from "../../nn/tensor/functions/softmax.ts";
import { abs, log, max, mul as times } from "../../nn/tensor/scalar.ts";
import type { Tensor } from "../../nn/tensor/tensor.ts";
import { type DistillationLoss, type LossInputs, lossVariant } from "./loss.ts";
import { largestPlaces } from "./rows.ts";
import { softTerm } from "./soft-targets.ts";

/** The paper's for MNIST: 1, 5 and 0.1. */
const params = z.object({
  oh: z.number().default(1),
  ie: z.number().default(5),
  a: z.number().default(0.1),
});

/** Keeps log a number where no image has a class at all; the product with the share is then as good as 0. */
const leastShare = 1e-30;

/** sum_k P_k ln P_k of the mean prediction: the negative entropy of the batch. */
function negativeEntropy(logits: Tensor): Tensor {
  const shares = mean(softmax(logits), { over: [0] });
  return sum(map([shares], (share) => times(share, log(max(share, leastShare)))));
}

/** What differs between code and paper. */
interface Scales {
  /** Of sum P ln P, by the number of classes. */
  entropy(classes: number): number;
  /** Of the sum of |features|, by their number and that of the images. */
  activation(features: number, images: number): number;
}

function terms(inputs: LossInputs, { oh, ie, a }: z.infer<typeof params>, scales: Scales) {
  const logits = inputs.tensor("teacher_logits");
  const features = inputs.tensor("teacher_features");
  const [images, classes] = logits.shape as [number, number];
  const pseudo_labels = largestPlaces(logits);
  const one_hot = crossEntropy(logits, logits.engine.indices(pseudo_labels, classes));
  const activation = mul(sum(map([features], abs)), -scales.activation(features.size, images));
  const information_entropy = mul(negativeEntropy(logits), scales.entropy(classes));
  return {
    loss: add(add(mul(one_hot, oh), mul(information_entropy, ie)), mul(activation, a)),
    outputs: { one_hot, activation, information_entropy, pseudo_labels },
  };
}

export const dafl: DistillationLoss = {
  id: "dafl",
  title: { en: "Data-free learning of students", zh: "无数据学生网络学习" },
  kind: "data-free",
  paper: {
    authors: "Chen, Wang, Xu, Yang, Liu, Shi, Xu, Xu & Tian",
    year: 2019,
    title: "Data-Free Learning of Student Networks",
    arxiv: "1904.01186",
  },
  integers: ["pseudo_labels"],
  variants: {
    author: lossVariant(
      "huawei-noah/Efficient-Computing",
      "oh CE(t, argmax t) + ie sum P log10 P - a mean |f| + KL(softmax t || softmax s), t constant in the last term",
      params,
      (inputs, options) => {
        const { loss, outputs } = terms(inputs, options, {
          entropy: () => Math.LOG10E,
          activation: (features) => 1 / features,
        });
        const kd = softTerm(inputs.tensor("student_logits"), detach(inputs.tensor("teacher_logits")), 1);
        return { loss: add(loss, kd), outputs: { ...outputs, kd } };
      },
    ),
    paper: lossVariant(
      "arXiv 1904.01186, equations 2 to 6",
      "oh CE(t, argmax t) + ie / K sum P ln P - a mean_n ||f_n||_1",
      params,
      (inputs, options) =>
        terms(inputs, options, {
          entropy: (classes) => 1 / classes,
          activation: (_, images) => 1 / images,
        }),
    ),
  },
};
