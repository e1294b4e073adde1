/**
 * Contrastive representation distillation: the student's embedding of an example picks out the teacher's of the same one
 * among others from a memory, and the other way round (noise-contrastive estimation). The normaliser Z is the mean over
 * the first batch and constant from then on, so the gradient is not that of the value. Whoever trains gives the memories
 * and Z back that it reports.
 */
import { z } from "zod";
import { add, div, mul } from "../../nn/tensor/functions/arithmetic.ts";
import { map } from "../../nn/tensor/functions/elementwise.ts";
import { gather } from "../../nn/tensor/functions/gather.ts";
import { matmul } from "../../nn/tensor/functions/matmul.ts";
import { detach, reshape } from "../../nn/tensor/functions/move.ts";
import { mean, sum } from "../../nn/tensor/functions/reduce.ts";
import { choose, exp, log, neg, add as plus, div as quotient, mul as times } from "../../nn/tensor/scalar.ts";
import type { Shape } from "../../nn/tensor/shapes.ts";
import { shapeText, sizeOf } from "../../nn/tensor/shapes.ts";
import type { Tensor } from "../../nn/tensor/tensor.ts";
import { type DistillationLoss, type LossInputs, type LossMemory, lossVariant } from "./loss.ts";
import { weightsPart } from "./maps.ts";
import { examples, norms, placesWhere } from "./rows.ts";

const params = z.object({
  /** The authors' temperature. */
  nce_t: z.number().positive().default(0.07),
  /** Share of the old row in the memory's new one. */
  nce_m: z.number().min(0).max(1).default(0.5),
});
type Options = z.infer<typeof params>;

/** Keeps the quotients numbers. */
const eps = 1e-7;
/** Width of the embeddings, the authors' default. */
const embedding = 128;

/** A linear layer of `side`, scaled to length 1: [batch, width]. */
function embedded(inputs: LossInputs, input: string, layer: string): Tensor {
  const x = examples(inputs.tensor(input));
  const product = matmul(x, inputs.tensor(`${layer}.linear.weight`), { transposeB: true });
  const rows = add(product, inputs.tensor(`${layer}.linear.bias`));
  return div(rows, norms(rows));
}

/** What one side is compared with. */
interface Contrast {
  readonly memory: Tensor;
  /** Rows of the memory for each example, the first its own; flat. */
  readonly chosen: ArrayLike<number>;
  readonly temperature: number;
  /** Z of an earlier batch. */
  readonly normaliser: Tensor | undefined;
}

function contrasted(rows: Tensor, { memory, chosen, temperature, normaliser }: Contrast) {
  const { engine } = rows;
  const [batch, width] = rows.shape as [number, number];
  const data = memory.shape[0] as number;
  const others = gather(memory, engine.indices(chosen, data));
  const scores = matmul(reshape(others, [batch, -1, width]), reshape(rows, [batch, width, 1]));
  const likelihoods = map([reshape(scores, [batch, -1])], (score) => exp(quotient(score, temperature)));
  const Z = normaliser ?? mul(mean(detach(likelihoods)), data);
  return { loss: estimation(div(likelihoods, Z), data), Z };
}

/** -1/B sum_n log of the odds that the first of each row is from the data and the others are noise. */
function estimation(shares: Tensor, data: number): Tensor {
  const [batch, columns] = shares.shape as [number, number];
  const noise = (columns - 1) / data;
  const first = shares.engine.tensor([1, columns], 0);
  first.values[0] = 1;
  const terms = map([shares, first], (share, own) =>
    neg(log(quotient(choose(own, "eq", 1, share, noise), plus(share, noise + eps)))),
  );
  return mul(sum(terms), 1 / batch);
}

/** The memory with some rows moved towards new ones, at length 1. */
function updated(memory: Tensor, places: readonly number[], rows: Tensor, momentum: number): Tensor {
  const { engine } = memory;
  const [data, width] = memory.shape as [number, number];
  const moved = map([gather(memory, engine.indices(places, data)), rows], (old, next) =>
    plus(times(old, momentum), times(next, 1 - momentum)),
  );
  const unit = div(moved, norms(moved));
  const made = engine.tensor(memory.shape, memory.values);
  for (const [i, place] of places.entries())
    made.values.set(unit.values.subarray(i * width, (i + 1) * width), place * width);
  return made;
}

function contrastive(inputs: LossInputs, { nce_t, nce_m }: Options) {
  const [student, teacher] = [embedded(inputs, "student", "embed_s"), embedded(inputs, "teacher", "embed_t")];
  const [mine, theirs] = [1, 2].map((i) => detach(inputs.tensor(`contrast.memory_v${i}`))) as [
    Tensor,
    Tensor,
  ];
  const [chosen, places] = [inputs.numbers("contrast_idx"), Array.from(inputs.numbers("idx"))];
  const [batch, width] = student.shape as [number, number];
  if (mine.shape[1] !== width || chosen.length % batch !== 0 || places.length !== batch)
    throw new RangeError(
      `expected a memory of rows of ${width}, and rows of it for each of ${batch} examples; ` +
        `found ${shapeText(mine.shape)}, ${chosen.length} and ${places.length}`,
    );
  const contrast = (memory: Tensor, i: number): Contrast => {
    const given = inputs.find(`Z_v${i}`);
    return { memory, chosen, temperature: nce_t, normaliser: given && detach(given) };
  };
  const s = contrasted(student, contrast(theirs, 1));
  const t = contrasted(teacher, contrast(mine, 2));
  return {
    loss: add(s.loss, t.loss),
    outputs: {
      ...{ student_loss: s.loss, teacher_loss: t.loss, Z_v1: s.Z, Z_v2: t.Z },
      mem_v1: updated(mine, places, detach(student), nce_m),
      mem_v2: updated(theirs, places, detach(teacher), nce_m),
    },
  };
}

const parts = (student: Shape, teacher: Shape) =>
  [["embed_s", student] as const, ["embed_t", teacher] as const].flatMap(([name, shape]) => {
    const inputs = sizeOf(shape.slice(1));
    return [
      weightsPart(`${name}.linear.weight`, [embedding, inputs], inputs),
      weightsPart(`${name}.linear.bias`, [embedding], inputs),
    ];
  });

/** Rows that each example is held against; the authors take 16384 of 50000, drawn without replacement. */
const contrasts = 256;

const memory: LossMemory = {
  back: {
    ...{ "contrast.memory_v1": "mem_v1", "contrast.memory_v2": "mem_v2" },
    ...{ Z_v1: "Z_v1", Z_v2: "Z_v2" },
  },
  starts: (examples) =>
    [1, 2].map((i) => weightsPart(`contrast.memory_v${i}`, [examples, embedding], embedding / 3)),
  draws: (rows, labels, random) => ({
    idx: rows,
    contrast_idx: rows.flatMap((row) => [row, ...ofOtherClasses(labels[row] as number, labels, random)]),
  }),
};

/** Examples of other classes, with replacement. @throws RangeError where there are none */
function ofOtherClasses(own: number, labels: ArrayLike<number>, random: () => number): number[] {
  const others = placesWhere(labels, (label) => label !== own);
  if (others.length === 0)
    throw new RangeError(`expected examples of several classes to contrast; found class ${own} alone`);
  return Array.from({ length: contrasts }, () => others[Math.floor(random() * others.length)] as number);
}

export const crd: DistillationLoss = {
  id: "crd",
  title: { en: "Contrastive representation distillation", zh: "对比表示蒸馏" },
  kind: "relations",
  paper: {
    authors: "Tian, Krishnan & Isola",
    year: 2019,
    title: "Contrastive Representation Distillation",
    arxiv: "1910.10699",
  },
  variants: {
    repdistiller: lossVariant(
      "HobbitLong/RepDistiller",
      "C(s) + C(t), C = -1/B sum_n [log P_0 / (P_0 + m/N + e) + sum_j log (m/N) / (P_j + m/N + e)], P_j = exp(M_j . v / T) / Z, Z detached",
      params,
      contrastive,
      {
        takes: "rows",
        alike: [],
        parts,
        also: ["idx", "contrast_idx", "contrast.memory_v1", "contrast.memory_v2"],
        memory,
      },
    ),
  },
};
