/**
 * Self-supervision as knowledge: each image comes with three augmented ones, and the student matches the teacher's
 * similarities between augmented and normal images beside its predictions of both. Of the teacher's wrong answers only
 * the least wrong share is passed on.
 */
import { z } from "zod";
import { add, mul } from "../../nn/tensor/functions/arithmetic.ts";
import { matmul } from "../../nn/tensor/functions/matmul.ts";
import type { Tensor } from "../../nn/tensor/tensor.ts";
import { labelledCrossEntropy } from "./ce.ts";
import { type DistillationLoss, type LossInputs, lossVariant } from "./loss.ts";
import { placesWhere, rowsAt, unitRows } from "./rows.ts";
import { softTerm } from "./soft-targets.ts";

const share = z.number().min(0).max(1);
const temperature = z.number().positive();

/** What the authors' script trains with on CIFAR-100; torchdistill's own default has 1 for cross-entropy. */
const params = z.object({
  kl_T: temperature.default(4),
  ss_T: temperature.default(0.5),
  tf_T: temperature.default(4),
  ss_ratio: share.default(0.75),
  tf_ratio: share.default(1),
  /** Of cross-entropy, KD, similarities, augmented KD. */
  weights: z.tuple([z.number(), z.number(), z.number(), z.number()]).default([0.1, 0.9, 10, 2.7]),
});
type Options = z.infer<typeof params>;

/** Rows of a group: a normal image and its augmented ones. */
const group = 4;

/** How many of each row's elements are larger than its label's, or as large and before it. */
function ranksOf(rows: Tensor, labels: readonly number[]): readonly number[] {
  const width = rows.shape[1] as number;
  return labels.map((label, row) => {
    const values = rows.values.subarray(row * width, (row + 1) * width);
    const own = values[label] as number;
    return placesWhere(values, (value, place) => value > own || (value === own && place < label)).length;
  });
}

/** The rows that the teacher has right, and a share of the others, the least wrong first; in their order. */
function keptRows(teacher: Tensor, labels: readonly number[], ratio: number): readonly number[] {
  const ranks = ranksOf(teacher, labels);
  const right = placesWhere(ranks, (rank) => rank === 0);
  const wrong = placesWhere(ranks, (rank) => rank > 0).toSorted((a, b) => (ranks[a] ?? 0) - (ranks[b] ?? 0));
  return [...right, ...wrong.slice(0, Math.trunc(wrong.length * ratio))].sort((a, b) => a - b);
}

/** KD on the kept rows alone; nothing where none are. */
function keptTerm(
  [student, teacher]: readonly [Tensor, Tensor],
  labels: readonly number[],
  { ratio, T }: { readonly ratio: number; readonly T: number },
): Tensor | undefined {
  const kept = keptRows(teacher, labels, ratio);
  return kept.length === 0 ? undefined : softTerm(rowsAt(student, kept), rowsAt(teacher, kept), T);
}

/** Cosine of every augmented row with every normal one. */
const similarities = (states: Tensor, augmented: readonly number[], normal: readonly number[]): Tensor =>
  matmul(unitRows(rowsAt(states, augmented)), unitRows(rowsAt(states, normal)), { transposeB: true });

function selfSupervised(inputs: LossInputs, { weights, ...options }: Options): Tensor {
  const both = (name: string) =>
    [inputs.tensor(`student_${name}`), inputs.tensor(`teacher_${name}`)] as const;
  const [student, teacher] = both("logits");
  const rows = Array.from({ length: student.shape[0] as number }, (_, row) => row);
  if (rows.length % group !== 0)
    throw new RangeError(`expected groups of ${group} rows, the first normal; found ${rows.length} rows`);
  const [normal, augmented] = [
    rows.filter((row) => row % group === 0),
    rows.filter((row) => row % group !== 0),
  ];
  const owners = augmented.map((row) => Math.floor(row / group));
  const labels = inputs.numbers("labels");
  const plain = rowsAt(student, normal);
  const [s, t] = both("ss").map((states) => similarities(states, augmented, normal)) as [Tensor, Tensor];
  const terms = [
    labelledCrossEntropy(plain, labels),
    softTerm(plain, rowsAt(teacher, normal), options.kl_T),
    keptTerm([s, t], owners, { ratio: options.ss_ratio, T: options.ss_T }),
    keptTerm(
      [rowsAt(student, augmented), rowsAt(teacher, augmented)],
      owners.map((owner) => labels[owner] as number),
      { ratio: options.tf_ratio, T: options.tf_T },
    ),
  ];
  return terms
    .flatMap((term, i) => (term ? [mul(term, weights[i] as number)] : []))
    .reduce((total, term) => add(total, term));
}

export const sskd: DistillationLoss = {
  id: "sskd",
  title: { en: "Self-supervision as knowledge", zh: "自监督知识蒸馏" },
  kind: "relations",
  paper: {
    authors: "Xu, Liu, Li & Loy",
    year: 2020,
    title: "Knowledge Distillation Meets Self-Supervision",
    arxiv: "2006.07114",
  },
  variants: {
    torchdistill: lossVariant(
      "yoshitomo-matsubara/torchdistill",
      "weights . [CE, T^2 KL] of normal rows, T^2 KL of kept rows of softmax(cos(augmented, normal) / T), and of augmented rows",
      params,
      selfSupervised,
    ),
  },
};
