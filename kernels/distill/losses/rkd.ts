/**
 * Relational distillation: the student keeps distances between pairs of examples, in units of their mean, and angles at
 * each of three. As in the authors' code, means run over all B^2 and B^3 entries, those with an example twice included.
 */
import { z } from "zod";
import { add, mul } from "../../nn/tensor/functions/arithmetic.ts";
import { map } from "../../nn/tensor/functions/elementwise.ts";
import { reshape } from "../../nn/tensor/functions/move.ts";
import { mean, sum } from "../../nn/tensor/functions/reduce.ts";
import {
  abs,
  choose,
  div,
  add as plus,
  type Scalar,
  sqrt,
  square,
  sub,
  mul as times,
} from "../../nn/tensor/scalar.ts";
import type { Tensor } from "../../nn/tensor/tensor.ts";
import { type DistillationLoss, type LossInputs, type LossNeeds, lossVariant } from "./loss.ts";
import { examples, gram, sumOfSquares, unitRows } from "./rows.ts";

/** Up to it a squared distance counts as this much. */
const floor = 1e-12;

/** Distances of all pairs of rows, 0 with themselves, over the mean of the others: [B, D] to [B, B]. */
function relativeDistances(rows: Tensor): Tensor {
  const [batch] = rows.shape as [number, number];
  if (batch < 2) throw new RangeError(`expected at least two examples; found ${batch}`);
  const squares = sumOfSquares(rows);
  const apart = rows.engine.tensor([batch, batch], 1);
  for (let i = 0; i < batch; i++) apart.values[i * batch + i] = 0;
  const distances = map(
    [gram(rows), squares, reshape(squares, [1, batch]), apart],
    (product, a, b, other) => {
      const squared = sub(plus(a, b), times(2, product));
      return times(sqrt(choose(squared, "ge", floor, squared, floor)), other);
    },
  );
  // All but the diagonal are positive, as the floor is.
  const average = mul(sum(distances), 1 / (batch * (batch - 1)));
  return map([distances, average], div);
}

/** Cosines of the angles at each example between each two: [B, D] to [B, B, B]. */
function angles(rows: Tensor): Tensor {
  const [batch, width] = rows.shape as [number, number];
  const directions = map([reshape(rows, [1, batch, width]), reshape(rows, [batch, 1, width])], sub);
  return gram(unitRows(directions));
}

/** Half the square of differences below 1, and linear beyond (Huber). */
function smooth(a: Scalar, b: Scalar): Scalar {
  const apart = abs(sub(a, b));
  return choose(apart, "lt", 1, times(0.5, square(apart)), sub(apart, 0.5));
}

interface Weights {
  readonly distance: number;
  readonly angle: number;
}

function relational(inputs: LossInputs, weights: Weights, reduce: typeof mean): Tensor {
  const [s, t] = ["student", "teacher"].map((name) => examples(inputs.tensor(name))) as [Tensor, Tensor];
  const term = (relations: (rows: Tensor) => Tensor, weight: number): Tensor =>
    mul(reduce(map([relations(s), relations(t)], smooth)), weight);
  return add(term(relativeDistances, weights.distance), term(angles, weights.angle));
}

const needs: LossNeeds = { takes: "rows", alike: [] };

export const rkd: DistillationLoss = {
  id: "rkd",
  title: { en: "Relational distillation", zh: "关系知识蒸馏" },
  kind: "relations",
  paper: {
    authors: "Park, Kim, Lu & Cho",
    year: 2019,
    title: "Relational Knowledge Distillation",
    arxiv: "1904.05068",
  },
  variants: {
    repdistiller: lossVariant(
      "HobbitLong/RepDistiller",
      "w_d mean h(d_s - d_t) + w_a mean h(psi_s - psi_t): d_ij distances over their mean, psi_ijk cosines at i, h Huber's",
      z.object({ w_d: z.number().default(25), w_a: z.number().default(50) }),
      (inputs, { w_d, w_a }) => relational(inputs, { distance: w_d, angle: w_a }, mean),
      needs,
    ),
    torchdistill: lossVariant(
      "yoshitomo-matsubara/torchdistill",
      "as repdistiller with the paper's weights; sums in place of means for reduction sum",
      z.object({
        dist_factor: z.number().default(1),
        angle_factor: z.number().default(2),
        reduction: z.enum(["mean", "sum"]).default("mean"),
      }),
      (inputs, { dist_factor, angle_factor, reduction }) =>
        relational(inputs, { distance: dist_factor, angle: angle_factor }, reduction === "mean" ? mean : sum),
      needs,
    ),
  },
};
