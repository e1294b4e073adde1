/**
 * MiniLM: relations within one layer's attention, softmax(A B^T / sqrt(d)) of queries, keys and values, head by head. They
 * need neither equal widths nor a map between layers. Padding leaves rows and columns before softmax: its columns have
 * no share, its rows no weight.
 */
import { z } from "zod";
import { mul } from "../../nn/tensor/functions/arithmetic.ts";
import { map } from "../../nn/tensor/functions/elementwise.ts";
import { matmul } from "../../nn/tensor/functions/matmul.ts";
import { concat, permute, reshape } from "../../nn/tensor/functions/move.ts";
import { sum } from "../../nn/tensor/functions/reduce.ts";
import { logSoftmax } from "../../nn/tensor/functions/softmax.ts";
import { add, mul as times } from "../../nn/tensor/scalar.ts";
import type { Tensor } from "../../nn/tensor/tensor.ts";
import { type DistillationLoss, type LossInputs, lossVariant } from "./loss.ts";
import { divergence } from "./soft-targets.ts";

/** The score of a column that is no token: its share is 0 in either precision, and 0 times it stays a number. */
const absent = -1e30;

/** Two letters of q, k, v, and the weight of the relation. */
const relationsBy = (relations: Readonly<Record<string, number>>, heads: number) =>
  z.object({
    heads: z.int().positive().default(heads),
    relations: z
      .record(z.string().regex(/^[qkv]{2}$/, "expected two letters of q, k, v"), z.number())
      .default(relations),
  });
type Options = z.infer<ReturnType<typeof relationsBy>>;

/** [B, len, d] to [B, heads, len, d / heads]. */
function headsOf(states: Tensor, heads: number): Tensor {
  const [batch, length, width] = states.shape as [number, number, number];
  if (width % heads !== 0)
    throw new RangeError(`expected a width that ${heads} heads share evenly; found ${width}`);
  return permute(reshape(states, [batch, length, heads, width / heads]), [0, 2, 1, 3]);
}

/** Logarithms of a relation [B, heads, len, len]; `columns` is added to the scores. */
function relation(a: Tensor, b: Tensor, heads: number, columns: Tensor): Tensor {
  const scale = 1 / Math.sqrt((a.shape[2] as number) / heads);
  const scores = matmul(headsOf(a, heads), headsOf(b, heads), { transposeB: true });
  return logSoftmax(map([scores, columns], (score, extra) => add(times(score, scale), extra)));
}

/** What stands for padding: what is added to columns [B, 1, 1, len], and the weights of rows [B, 1, len]. */
function padding(inputs: LossInputs, like: Tensor, heads: number) {
  const { engine, shape } = like;
  const [batch, length] = shape as [number, number];
  const mask = inputs.find("attention_mask")?.values;
  const counts = Array.from({ length: batch }, (_, b) =>
    mask ? mask.subarray(b * length, (b + 1) * length).filter((real) => real > 0).length : length,
  );
  const each = (value: (count: number, place: number) => number): readonly number[] =>
    counts.flatMap((count) => Array.from({ length }, (_, place) => value(count, place)));
  return {
    columns: engine.tensor(
      [batch, 1, 1, length],
      each((count, place) => (place < count ? 0 : absent)),
    ),
    rows: engine.tensor(
      [batch, 1, length],
      each((count, place) => (place < count ? 1 / (batch * heads * count) : 0)),
    ),
  };
}

function relations(inputs: LossInputs, { heads, relations }: Options) {
  const names = Object.keys(relations);
  if (names.length === 0) throw new RangeError("params.relations: expected at least one; found none");
  const both = (letter: string) => [inputs.tensor(`teacher_${letter}`), inputs.tensor(`student_${letter}`)];
  const { columns, rows } = padding(inputs, inputs.tensor(`student_${names[0]?.[0]}`), heads);
  const losses = names.map((name) => {
    const [left, right] = [both(name[0] as string), both(name[1] as string)];
    const [teacher, student] = left.map((a, side) => relation(a, right[side] as Tensor, heads, columns)) as [
      Tensor,
      Tensor,
    ];
    return reshape(sum(mul(divergence(teacher, student), rows)), [1]);
  });
  const relation_losses = concat(losses);
  const weights = relation_losses.engine.tensor([names.length], Object.values(relations));
  return { loss: sum(mul(relation_losses, weights)), outputs: { relation_losses } };
}

const formula =
  "sum_r w_r mean_b 1 / (heads n_b) sum KL(R_t || R_s), R = softmax(A B^T / sqrt(d / heads)) of the n_b real tokens";

export const minilm: DistillationLoss = {
  id: "minilm",
  title: { en: "MiniLM: relations of attention", zh: "MiniLM：自注意力关系" },
  kind: "attention",
  paper: {
    authors: "Wang, Wei, Dong, Bao, Yang & Zhou",
    year: 2020,
    title:
      "MiniLM: Deep Self-Attention Distillation for Task-Agnostic Compression of Pre-Trained Transformers",
    arxiv: "2002.10957",
  },
  variants: {
    // Attention itself and values, by the heads that BERT has.
    v1: lossVariant("bloomberg/minilmv2.bb", formula, relationsBy({ qk: 1, vv: 1 }, 12), relations),
    // arXiv 2012.15828: queries, keys and values each among themselves, by heads of relations of their own number.
    v2: lossVariant("bloomberg/minilmv2.bb", formula, relationsBy({ qq: 1, kk: 1, vv: 1 }, 48), relations),
  },
};
