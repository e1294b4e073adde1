/**
 * Losses between layers of two encoders: attention scores, hidden states, their directions, and the first token's state
 * (patient distillation). Code without a mask takes scores up to -1e-3 as masked and zeroes them, which is right for
 * scores that had a large negative number added and zeroes negative raw scores too; a mask avoids it.
 */
import { z } from "zod";
import { div, mul } from "../../nn/tensor/functions/arithmetic.ts";
import { map } from "../../nn/tensor/functions/elementwise.ts";
import { detach, reshape, slice } from "../../nn/tensor/functions/move.ts";
import { mean, sum } from "../../nn/tensor/functions/reduce.ts";
import { logSoftmax, softmax } from "../../nn/tensor/functions/softmax.ts";
import { choose, neg, type Scalar, square, sub, mul as times } from "../../nn/tensor/scalar.ts";
import type { Tensor } from "../../nn/tensor/tensor.ts";
import { type DistillationLoss, type LossInputs, lossVariant } from "./loss.ts";
import { cosineDistances, rowMean, squaredDistances, unitRows } from "./rows.ts";

/** Scores that are not above it count as masked where there is no mask. */
const maskedBelow = -1e-3;
const shown = (score: Scalar, value: Scalar): Scalar => choose(score, "le", maskedBelow, 0, value);

/** Both sides' attention scores [B, (heads,) len, len], and the mask of real tokens [B, len] where there is one. */
interface Attention {
  readonly student: Tensor;
  readonly teacher: Tensor;
  readonly mask: Tensor | undefined;
}

/** The mask of real tokens, a constant. */
export function maskOf(inputs: LossInputs, name = "mask"): Tensor | undefined {
  const mask = inputs.find(name);
  return mask && detach(mask);
}

const attentionOf = (inputs: LossInputs): Attention => ({
  student: inputs.tensor("student"),
  teacher: inputs.tensor("teacher"),
  mask: maskOf(inputs),
});

/** Heads added up or averaged; scores that have none stay. */
function overHeads(attention: Attention, reduce: typeof sum): Attention {
  const joined = (scores: Tensor): Tensor =>
    scores.shape.length === 4 ? reduce(scores, { over: [1] }) : scores;
  return { ...attention, student: joined(attention.student), teacher: joined(attention.teacher) };
}

/** 1 where the token is real, along the rows or the columns of scores of this rank. */
function along(mask: Tensor, rank: number, axis: "rows" | "columns"): Tensor {
  const [batch, length] = mask.shape as [number, number];
  const heads = rank === 4 ? [1] : [];
  return reshape(mask, [batch, ...heads, ...(axis === "rows" ? [length, 1] : [1, length])]);
}

/** How often a sample's tokens are counted: once for each head that is left. */
const headsOf = ({ shape }: Tensor): number => (shape.length === 4 ? (shape[1] as number) : 1);

function squaredError({ student, teacher, mask }: Attention): Tensor {
  if (!mask) return mean(map([student, teacher], (s, t) => square(sub(shown(s, s), shown(t, t)))));
  const rank = student.shape.length;
  const errors = map(
    [student, teacher, along(mask, rank, "rows"), along(mask, rank, "columns")],
    (s, t, row, column) => times(square(sub(s, t)), times(row, column)),
  );
  const counted = sum(map([sum(mask, { over: [-1] })], square));
  return div(sum(errors), mul(counted, headsOf(student)));
}

function crossEntropy({ student, teacher, mask }: Attention): Tensor {
  const logs = logSoftmax(student);
  const shares = softmax(teacher);
  if (!mask) {
    const terms = map([shares, logs, teacher], (p, q, score) => neg(times(shown(score, p), q)));
    return mean(sum(terms, { over: [-1] }));
  }
  const rank = student.shape.length;
  const terms = map(
    [shares, logs, along(mask, rank, "rows"), along(mask, rank, "columns")],
    (p, q, row, column) => neg(times(times(p, q), times(row, column))),
  );
  return div(sum(terms), mul(sum(mask), headsOf(student)));
}

/** [batch, …, width] to the first of its rows for each sample. */
const firstTokens = (states: Tensor): Tensor =>
  states.shape.length === 3
    ? reshape(slice(states, 1, 0, 1), [states.shape[0] as number, states.shape[2] as number])
    : states;

const none = z.object({});
const source = "airaria/TextBrewer";

export const bertIntermediate: DistillationLoss = {
  id: "bert_intermediate",
  title: { en: "Layers of encoders (TextBrewer)", zh: "编码器中间层（TextBrewer）" },
  kind: "attention",
  paper: {
    authors: "Yang, Cui, Chen, Che, Liu, Wang & Hu",
    year: 2020,
    title: "TextBrewer: An Open-Source Knowledge Distillation Toolkit for Natural Language Processing",
    arxiv: "2002.12620",
  },
  variants: {
    att_mse: lossVariant(
      source,
      "mean of (a_s - a_t)^2; with a mask over pairs of real tokens, divided by heads sum_b n_b^2",
      none,
      (inputs) => squaredError(attentionOf(inputs)),
    ),
    att_mse_sum: lossVariant(source, "att_mse of scores summed over heads", none, (inputs) =>
      squaredError(overHeads(attentionOf(inputs), sum)),
    ),
    att_ce: lossVariant(
      source,
      "mean over rows of -sum softmax(a_t) log softmax(a_s); a mask applies behind softmax, divided by heads sum_b n_b",
      none,
      (inputs) => crossEntropy(attentionOf(inputs)),
    ),
    att_ce_mean: lossVariant(source, "att_ce of scores averaged over heads", none, (inputs) =>
      crossEntropy(overHeads(attentionOf(inputs), mean)),
    ),
    hid_mse: lossVariant(source, "mean of (h_s - h_t)^2 over the elements of real tokens", none, (inputs) => {
      const [student, teacher] = [inputs.tensor("student"), inputs.tensor("teacher")];
      return mul(
        rowMean(squaredDistances(student, teacher), maskOf(inputs)),
        1 / (student.shape.at(-1) as number),
      );
    }),
    cosine: lossVariant(
      source,
      "mean over real tokens of 1 - a.b / sqrt((|a|^2 + 1e-12) (|b|^2 + 1e-12))",
      none,
      (inputs) =>
        rowMean(cosineDistances(inputs.tensor("student"), inputs.tensor("teacher")), maskOf(inputs)),
    ),
    // Sun, Cheng, Gan & Liu 2019, arXiv 1908.09355; the code takes the batch as one layer, the paper adds layers up.
    pkd: lossVariant(
      source,
      "mean_n ||x_s / |x_s| - x_t / |x_t| ||^2, x the first token's state",
      none,
      (inputs) => {
        const [s, t] = [inputs.tensor("student"), inputs.tensor("teacher")].map((states) =>
          unitRows(firstTokens(states)),
        ) as [Tensor, Tensor];
        return mean(squaredDistances(s, t));
      },
    ),
  },
};
