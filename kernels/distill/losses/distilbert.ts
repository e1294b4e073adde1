/**
 * DistilBERT's loss: soft targets at real tokens, the language model's own loss (masked or causal), and the direction of
 * hidden states. A term of weight 0 is not computed. The code sums squared errors of logits over the vocabulary and
 * divides by the tokens alone.
 */
import { z } from "zod";
import { add, mul } from "../../nn/tensor/functions/arithmetic.ts";
import { mean } from "../../nn/tensor/functions/reduce.ts";
import type { Tensor } from "../../nn/tensor/tensor.ts";
import { ignoredLabel, labelledCrossEntropy } from "./ce.ts";
import { type DistillationLoss, type LossInputs, lossVariant } from "./loss.ts";
import { cosineDistances, lastRows, placesWhere, rowsAt, squaredDistances } from "./rows.ts";
import { softTerm } from "./soft-targets.ts";

/** The weights that the authors give for pre-training with masked words. */
const params = z.object({
  T: z.number().positive().default(2),
  alpha_ce: z.number().default(5),
  alpha_mlm: z.number().default(2),
  alpha_clm: z.number().default(0),
  alpha_mse: z.number().default(0),
  alpha_cos: z.number().default(1),
  /** Soft targets at the words that are to be guessed alone. */
  restrict_ce_to_mask: z.boolean().default(false),
});
type Options = z.infer<typeof params>;
type Term = "ce" | "mlm" | "clm" | "mse" | "cos";

/** Both sides' rows at some tokens. */
const rowsOf = (inputs: LossInputs, what: string, places: readonly number[]) =>
  [
    rowsAt(inputs.tensor(`student_${what}`), places),
    rowsAt(inputs.tensor(`teacher_${what}`), places),
  ] as const;

const realTokens = (inputs: LossInputs) => placesWhere(inputs.numbers("attention_mask"), (real) => real > 0);

/** The tokens whose logits are compared. */
const comparedTokens = (inputs: LossInputs, { restrict_ce_to_mask }: Options) =>
  restrict_ce_to_mask ? placesWhere(inputs.numbers("lm_labels"), (label) => label > -1) : realTokens(inputs);

/** The labels of [B, len], each moved to the token before it; the last one has none. */
function nextLabels(labels: ArrayLike<number>, length: number): readonly number[] {
  return Array.from(labels, (_, place) =>
    place % length === length - 1 ? ignoredLabel : (labels[place + 1] as number),
  );
}

const terms: Readonly<Record<Term, (inputs: LossInputs, options: Options) => Tensor>> = {
  ce: (inputs, options) => softTerm(...rowsOf(inputs, "logits", comparedTokens(inputs, options)), options.T),
  mlm: (inputs) =>
    labelledCrossEntropy(lastRows(inputs.tensor("student_logits")), inputs.numbers("lm_labels")),
  clm: (inputs) => {
    const logits = inputs.tensor("student_logits");
    const labels = nextLabels(inputs.numbers("lm_labels"), logits.shape.at(-2) as number);
    return labelledCrossEntropy(lastRows(logits), labels);
  },
  mse: (inputs, options) =>
    mean(squaredDistances(...rowsOf(inputs, "logits", comparedTokens(inputs, options)))),
  cos: (inputs) => mean(cosineDistances(...rowsOf(inputs, "hidden", realTokens(inputs)))),
};

function triple(inputs: LossInputs, options: Options) {
  const used = (Object.keys(terms) as Term[]).filter((term) => options[`alpha_${term}`] !== 0);
  if (used.length === 0) throw new RangeError("params: expected an alpha other than 0; found none");
  const outputs = Object.fromEntries(used.map((term) => [term, terms[term](inputs, options)]));
  const loss = used
    .map((term) => mul(outputs[term] as Tensor, options[`alpha_${term}`]))
    .reduce((total, term) => add(total, term));
  return { loss, outputs };
}

export const distilbert: DistillationLoss = {
  id: "distilbert",
  title: { en: "DistilBERT's triple loss", zh: "DistilBERT 三重损失" },
  kind: "sequence",
  paper: {
    authors: "Sanh, Debut, Chaumond & Wolf",
    year: 2019,
    title: "DistilBERT, a distilled version of BERT: smaller, faster, cheaper and lighter",
    arxiv: "1910.01108",
  },
  variants: {
    huggingface: lossVariant(
      "huggingface/transformers-research-projects",
      "a_ce T^2 KL + a_mlm CE(lm_labels) + a_clm CE(next labels) + a_mse mean ||z_s - z_t||^2 + a_cos mean (1 - cos(h_s, h_t))",
      params,
      triple,
    ),
  },
};
