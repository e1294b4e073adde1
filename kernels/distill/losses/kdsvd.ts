/**
 * Distillation by singular vectors: each layer's map is compressed to its first right singular vectors, and how those of
 * two layers lie to each other is passed on by a radial basis function. The value depends on the signs of the teacher's
 * vectors, which a decomposition leaves open: they are taken as rightSingular gives them, or turned towards vectors given
 * as `teacher_v.0`, `teacher_v.1` … The student's are turned to the teacher's by the loss itself.
 */
import { z } from "zod";
import { mul } from "../../nn/tensor/functions/arithmetic.ts";
import { map } from "../../nn/tensor/functions/elementwise.ts";
import { matmul } from "../../nn/tensor/functions/matmul.ts";
import { detach, reshape, transpose } from "../../nn/tensor/functions/move.ts";
import { max, sum } from "../../nn/tensor/functions/reduce.ts";
import { rightSingular } from "../../nn/tensor/functions/singular.ts";
import { abs, choose, div, exp, type Scalar, square, sub, mul as times } from "../../nn/tensor/scalar.ts";
import type { Tensor } from "../../nn/tensor/tensor.ts";
import { type DistillationLoss, type LossInputs, lossVariant } from "./loss.ts";
import { bothLists, planesOf } from "./maps.ts";
import { total, unitRows } from "./rows.ts";

/** Vectors of the student from which those that come closest to the teacher's are taken, beyond the teacher's number. */
const spare = 3;
/** Width of the radial basis function, as in the authors' code: exp(-d^2 / 8). */
const width = 8;

/** A map as a matrix of positions by channels for each example. */
const matrices = (x: Tensor): Tensor => transpose(planesOf(x));

const sign = (x: Scalar): Scalar => choose(x, "lt", 0, -1, 1);

/** Each vector or its opposite, whichever lies nearer to the one given. */
function towards(vectors: Tensor, given: Tensor): Tensor {
  const cosines = sum(mul(vectors, reshape(given, vectors.shape)), { over: [1], keep: true });
  return map([vectors, cosines], (v, cosine) => times(v, sign(cosine)));
}

/** For each of the teacher's vectors the student's of the largest |cosine|, with its sign. */
function aligned(student: Tensor, teacher: Tensor): Tensor {
  const cosines = detach(matmul(student, teacher, { transposeA: true }));
  const largest = max(map([cosines], abs), { over: [1], keep: true });
  const chosen = map([cosines, largest], (cosine, most) => choose(abs(cosine), "eq", most, sign(cosine), 0));
  return matmul(student, chosen);
}

/** Vectors of both sides [batch, channels, k], scaled by the teacher's singular values. */
interface Layer {
  readonly student: Tensor;
  readonly teacher: Tensor;
}

function layerOf([s, t]: readonly [Tensor, Tensor], k: number, given: Tensor | undefined) {
  const { values, vectors } = rightSingular(matrices(detach(t)), k);
  const own = given ? towards(vectors, detach(given)) : vectors;
  const sigma = unitRows(values);
  const [batch, count] = sigma.shape as [number, number];
  const scale = reshape(sigma, [batch, 1, count]);
  const student = aligned(rightSingular(matrices(s), k + spare).vectors, own);
  return { own, sigma, layer: { student: mul(student, scale), teacher: mul(own, scale) } };
}

/** Sum of (R_s - R_t)^2 over two layers, R = exp(-(v_i,a - v_(i-1),b)^2 / 8), over the batch. */
function between(layer: Layer, before: Layer): Tensor {
  const spread = (x: Tensor, side: 1 | 2): Tensor => reshape(x, x.shape.toSpliced(side, 0, 1));
  const near = (a: Scalar, b: Scalar): Scalar => exp(div(square(sub(a, b)), -width));
  const apart = map(
    [
      spread(layer.student, 2),
      spread(before.student, 1),
      spread(layer.teacher, 2),
      spread(before.teacher, 1),
    ],
    (a, b, c, d) => square(sub(near(a, b), near(c, d))),
  );
  return mul(sum(apart), 1 / (apart.shape[0] as number));
}

function distilled(inputs: LossInputs, { k }: { readonly k: number }) {
  const layers = bothLists(inputs).map((pair, i) => layerOf(pair, k, inputs.find(`teacher_v.${i}`)));
  if (layers.length < 2) throw new RangeError(`expected maps of at least two layers; found ${layers.length}`);
  const terms = layers
    .slice(1)
    .map(({ layer }, i) => between(layer, (layers[i] as (typeof layers)[0]).layer));
  const outputs = layers.map(({ own, sigma }, i) => ({
    [`teacher_v.${i}`]: own,
    [`teacher_sigma.${i}`]: sigma,
  }));
  return { loss: total(terms), outputs: Object.assign({}, ...outputs) as Record<string, Tensor> };
}

export const kdsvd: DistillationLoss = {
  id: "kdsvd",
  title: { en: "Distillation by singular vectors", zh: "奇异值分解蒸馏" },
  kind: "relations",
  paper: {
    authors: "Lee, Kim & Song",
    year: 2018,
    title: "Self-supervised Knowledge Distillation Using Singular Value Decomposition",
    arxiv: "1807.06819",
  },
  turnable: ["teacher_v"],
  variants: {
    repdistiller: lossVariant(
      "HobbitLong/RepDistiller",
      "sum_i sum (R_s,i - R_t,i)^2 / B, R = exp(-(v_i - v_(i-1))^2 / 8) of right singular vectors times sigma_t / |sigma_t|",
      z.object({ k: z.int().min(1).default(1) }),
      distilled,
      { takes: "maps", alike: ["channels"] },
    ),
  },
};
