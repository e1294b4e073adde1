/**
 * Similarity-preserving distillation: examples that look alike to the teacher shall look alike to the student. Paper and
 * RepDistiller scale rows of the similarities to length 1 (L2); torchdistill's rows have an L1 norm of 1.
 */
import { z } from "zod";
import { mul } from "../../nn/tensor/functions/arithmetic.ts";
import { map } from "../../nn/tensor/functions/elementwise.ts";
import { div, max } from "../../nn/tensor/scalar.ts";
import type { Tensor } from "../../nn/tensor/tensor.ts";
import { type DistillationLoss, type LossInputs, type LossNeeds, lossVariant } from "./loss.ts";
import { examples, gram, normsOf, squaredDistance } from "./rows.ts";

/** What a row that is shorter is divided by. */
const floor = 1e-12;

function similarityDistance(inputs: LossInputs, q: number): Tensor {
  const [s, t] = ["student", "teacher"].map((name) => {
    const similarities = gram(examples(inputs.tensor(name)));
    return map([similarities, normsOf(similarities, q)], (value, length) => div(value, max(length, floor)));
  }) as [Tensor, Tensor];
  return squaredDistance(s, t);
}

const perPair = (loss: Tensor, inputs: LossInputs): Tensor =>
  mul(loss, 1 / (inputs.tensor("student").shape[0] as number) ** 2);

const needs: LossNeeds = { takes: "rows", alike: [] };

export const sp: DistillationLoss = {
  id: "sp",
  title: { en: "Similarity-preserving distillation", zh: "相似性保持蒸馏" },
  kind: "relations",
  paper: {
    authors: "Tung & Mori",
    year: 2019,
    title: "Similarity-Preserving Knowledge Distillation",
    arxiv: "1907.09682",
  },
  variants: {
    repdistiller: lossVariant(
      "HobbitLong/RepDistiller",
      "||G_s - G_t||_F^2 / B^2, G = F F^T of flattened features with rows of L2 norm 1",
      z.object({}),
      (inputs) => perPair(similarityDistance(inputs, 2), inputs),
      needs,
    ),
    "torchdistill-l1": lossVariant(
      "yoshitomo-matsubara/torchdistill",
      "as repdistiller with rows of L1 norm 1; over B^2 for batchmean alone",
      z.object({ reduction: z.enum(["batchmean", "sum"]).default("batchmean") }),
      (inputs, { reduction }) => {
        const loss = similarityDistance(inputs, 1);
        return reduction === "batchmean" ? perPair(loss, inputs) : loss;
      },
      needs,
    ),
  },
};
