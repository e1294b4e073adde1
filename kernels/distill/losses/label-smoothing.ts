/**
 * Label smoothing: a share of each label is spread evenly over all classes, the true one included. Distillation is often
 * compared with it, since both soften the targets; Müller et al. 2019 (arXiv 1906.02629) find that it makes worse teachers.
 */
import { z } from "zod";
import { add, mul } from "../../nn/tensor/functions/arithmetic.ts";
import { pick } from "../../nn/tensor/functions/gather.ts";
import { mean } from "../../nn/tensor/functions/reduce.ts";
import { logSoftmax } from "../../nn/tensor/functions/softmax.ts";
import { type DistillationLoss, type LossInputs, lossVariant } from "./loss.ts";
import { classRows } from "./rows.ts";

/** The paper's value, on ImageNet. */
const params = z.object({ eps: z.number().min(0).max(1).default(0.1) });

const formula = "mean_n -sum_k q_k log softmax(student)_k, q = (1 - eps) onehot(y) + eps / K";

function smoothed(inputs: LossInputs, { eps }: z.infer<typeof params>) {
  const rows = classRows(inputs.tensor("student"));
  const logs = logSoftmax(rows);
  const labels = inputs.indices("labels", rows.shape[1] as number);
  // The mean over all elements already divides by K.
  return add(mul(mean(pick(logs, labels)), eps - 1), mul(mean(logs), -eps));
}

export const labelSmoothing: DistillationLoss = {
  id: "label_smoothing",
  title: { en: "Label smoothing", zh: "标签平滑" },
  kind: "labels",
  paper: {
    authors: "Szegedy, Vanhoucke, Ioffe, Shlens & Wojna",
    year: 2015,
    title: "Rethinking the Inception Architecture for Computer Vision",
    arxiv: "1512.00567",
  },
  variants: {
    torch: lossVariant("torch.nn.functional.cross_entropy(label_smoothing)", formula, params, smoothed),
    lskd: lossVariant("sunshangquan/logit-standardization-KD", formula, params, smoothed),
  },
};
