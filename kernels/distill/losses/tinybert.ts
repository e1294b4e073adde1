/**
 * TinyBERT: layer by layer, raw attention scores and hidden states, then predictions. The code's loss of predictions is a
 * mean over classes as well as rows, without T^2; scores up to -100, masked ones, count as 0 on each side by itself.
 */
import { z } from "zod";
import { add, mul } from "../../nn/tensor/functions/arithmetic.ts";
import { map } from "../../nn/tensor/functions/elementwise.ts";
import { matmul } from "../../nn/tensor/functions/matmul.ts";
import { reshape } from "../../nn/tensor/functions/move.ts";
import { mean } from "../../nn/tensor/functions/reduce.ts";
import { choose, add as plus, type Scalar, square, sub, mul as times } from "../../nn/tensor/scalar.ts";
import type { Tensor } from "../../nn/tensor/tensor.ts";
import { maskOf } from "./bert-intermediate.ts";
import { type DistillationLoss, type LossInputs, lossVariant } from "./loss.ts";
import { meanSquare, total } from "./rows.ts";
import { logTempered, softCrossEntropy } from "./soft-targets.ts";

/** What BERT adds to the scores of columns that are no tokens, and up to where the code takes a score as masked. */
const maskedScore = -10000;
const maskedBelow = -100;
const shown = (score: Scalar): Scalar => choose(score, "le", maskedBelow, 0, score);

/** Mean squared error of scores [B, heads, len, len] as shown, columns without a token masked. */
function attentionError(student: Tensor, teacher: Tensor, mask: Tensor | undefined): Tensor {
  if (!mask) return mean(map([student, teacher], (s, t) => square(sub(shown(s), shown(t)))));
  const [batch, length] = mask.shape as [number, number];
  const real = reshape(mask, [batch, 1, 1, length]);
  return mean(
    map([student, teacher, real], (s, t, token) => {
      const extra = times(sub(1, token), maskedScore);
      return square(sub(shown(plus(s, extra)), shown(plus(t, extra))));
    }),
  );
}

/** Teacher's layers for each of the student's. @throws RangeError where they are no whole number */
function layerRatio(student: readonly Tensor[], teacher: readonly Tensor[]): number {
  const ratio = teacher.length / student.length;
  if (Number.isInteger(ratio)) return ratio;
  throw new RangeError(
    `expected a teacher of some times ${student.length} layers, as the student has; found ${teacher.length}`,
  );
}

function intermediate(inputs: LossInputs) {
  const [attention, taught] = [inputs.list("student_att"), inputs.list("teacher_att")];
  const [states, models] = [inputs.list("student_rep"), inputs.list("teacher_rep")];
  const ratio = layerRatio(attention, taught);
  if (states.length !== attention.length + 1 || models.length !== taught.length + 1)
    throw new RangeError(
      `expected states of the embeddings and of each layer (${attention.length + 1} and ${taught.length + 1}); ` +
        `found ${states.length} and ${models.length}`,
    );
  const mask = maskOf(inputs);
  const att_loss = total(
    attention.map((scores, i) => attentionError(scores, taught[(i + 1) * ratio - 1] as Tensor, mask)),
  );
  const rep_loss = total(states.map((state, i) => meanSquare(state, models[i * ratio] as Tensor)));
  return { loss: add(att_loss, rep_loss), outputs: { att_loss, rep_loss } };
}

export const tinybert: DistillationLoss = {
  id: "tinybert",
  title: { en: "TinyBERT, layer by layer", zh: "TinyBERT 逐层蒸馏" },
  kind: "attention",
  paper: {
    authors: "Jiao, Yin, Shang, Jiang, Chen, Li, Wang & Liu",
    year: 2019,
    title: "TinyBERT: Distilling BERT for Natural Language Understanding",
    arxiv: "1909.10351",
  },
  variants: {
    intermediate: lossVariant(
      "huawei-noah/Pretrained-Language-Model",
      "sum_i MSE(A_s,i, A_t,(i+1)r-1) + sum_i MSE(H_s,i, H_t,ir), r = teacher's layers / student's, H_0 the embeddings",
      z.object({}),
      intermediate,
    ),
    prediction: lossVariant(
      "huawei-noah/Pretrained-Language-Model",
      "mean over rows and classes of -p_t log p_s, p = softmax(z / T)",
      z.object({ T: z.number().positive().default(1) }),
      (inputs, { T }) => {
        const student = inputs.tensor("student");
        const rows = softCrossEntropy(logTempered(inputs.tensor("teacher"), T), logTempered(student, T));
        return mul(rows, 1 / (student.shape.at(-1) as number));
      },
    ),
    projection: lossVariant(
      "arXiv 1909.10351, equations 8 and 9",
      "mean over all elements of (H_s W - H_t)^2, W learned",
      z.object({}),
      (inputs) => meanSquare(matmul(inputs.tensor("student"), inputs.tensor("W")), inputs.tensor("teacher")),
    ),
  },
};
