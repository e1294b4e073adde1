/**
 * Squared error of logits: the student copies the teacher's numbers before softmax. KD comes to it, up to a factor, when
 * T is large and the logits have mean 0 (Hinton et al. 2015, section 2.1).
 */
import { z } from "zod";
import { map } from "../../nn/tensor/functions/elementwise.ts";
import { mean, sum } from "../../nn/tensor/functions/reduce.ts";
import { mul, square, sub } from "../../nn/tensor/scalar.ts";
import type { Tensor } from "../../nn/tensor/tensor.ts";
import { reduction } from "./ce.ts";
import { type DistillationLoss, type LossInputs, lossVariant } from "./loss.ts";

/** (student - teacher)^2 / T^2, element by element. */
const errors = (inputs: LossInputs, temperature = 1): Tensor =>
  map([inputs.tensor("student"), inputs.tensor("teacher")], (s, t) =>
    square(mul(sub(s, t), 1 / temperature)),
  );

export const mseLogits: DistillationLoss = {
  id: "mse_logits",
  title: { en: "Mean squared error of logits", zh: "logits 均方误差" },
  kind: "logits",
  paper: {
    authors: "Ba & Caruana",
    year: 2013,
    title: "Do Deep Nets Really Need to be Deep?",
    arxiv: "1312.6184",
  },
  variants: {
    torch: lossVariant(
      "torch.nn.functional.mse_loss",
      "mean over all elements of (s - t)^2, or their sum",
      z.object({ reduction }),
      (inputs, { reduction }) => (reduction === "sum" ? sum : mean)(errors(inputs)),
    ),
    textbrewer: lossVariant(
      "airaria/TextBrewer",
      "mean over all elements of (s / T - t / T)^2",
      // TextBrewer's own default, for all its losses on logits.
      z.object({ T: z.number().positive().default(4) }),
      (inputs, { T }) => mean(errors(inputs, T)),
    ),
  },
};
