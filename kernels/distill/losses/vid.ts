/**
 * Variational information distillation: the student predicts the teacher's map as a Gaussian with a learned variance for
 * each channel; its negative log-likelihood bounds their mutual information. The mean's network is trained, too.
 */
import { z } from "zod";
import { mul, relu } from "../../nn/tensor/functions/arithmetic.ts";
import { conv2d } from "../../nn/tensor/functions/conv.ts";
import { map } from "../../nn/tensor/functions/elementwise.ts";
import { reshape } from "../../nn/tensor/functions/move.ts";
import { mean } from "../../nn/tensor/functions/reduce.ts";
import {
  abs,
  add,
  div,
  exp,
  log,
  max,
  neg,
  type Scalar,
  square,
  sub,
  mul as times,
} from "../../nn/tensor/scalar.ts";
import type { Shape } from "../../nn/tensor/shapes.ts";
import type { Tensor } from "../../nn/tensor/tensor.ts";
import { type DistillationLoss, type LossInputs, lossVariant } from "./loss.ts";
import { constantPart, sameSize, weightsPart } from "./maps.ts";

/** log(1 + exp(x)), without overflow. */
const softplus = (x: Scalar): Scalar => add(max(x, 0), log(add(1, exp(neg(abs(x))))));

/** mean of 0.5 ((mu - t)^2 / var + log var), var = softplus(scale) + eps for each channel. */
function gaussianLoss(mu: Tensor, teacher: Tensor, scale: Tensor, eps: number): Tensor {
  const channels = reshape(scale, [scale.size, 1, 1]);
  return mean(
    map([mu, teacher, channels], (m, t, s) => {
      const variance = add(softplus(s), eps);
      return times(0.5, add(div(square(sub(m, t)), variance), log(variance)));
    }),
  );
}

/** Three convolutions of 1x1 without bias. */
function regressed(inputs: LossInputs, x: Tensor): Tensor {
  const layer = (i: number, of: Tensor): Tensor => conv2d(of, inputs.tensor(`regressor.${i}.weight`));
  return layer(4, relu(layer(2, relu(layer(0, x)))));
}

/** What softplus makes a variance of 5 of, as the authors start. */
const startScale = Math.log(Math.exp(5 - 1e-5) - 1);

function parts(student: Shape, teacher: Shape) {
  const [from, to] = [student[1] as number, teacher[1] as number];
  return [
    weightsPart("regressor.0.weight", [to, from, 1, 1], from),
    weightsPart("regressor.2.weight", [to, to, 1, 1], to),
    weightsPart("regressor.4.weight", [to, to, 1, 1], to),
    constantPart("log_scale", [to], startScale),
  ];
}

export const vid: DistillationLoss = {
  id: "vid",
  title: { en: "Variational information distillation", zh: "变分信息蒸馏" },
  kind: "features",
  paper: {
    authors: "Ahn, Hu, Damianou, Lawrence & Dai",
    year: 2019,
    title: "Variational Information Distillation for Knowledge Transfer",
    arxiv: "1904.05835",
  },
  variants: {
    repdistiller: lossVariant(
      "HobbitLong/RepDistiller",
      "mean of ((mu - t)^2 / v_c + log v_c) / 2, mu = W4 relu(W2 relu(W0 s)), v_c = log(1 + e^scale_c) + eps; the larger map averaged down",
      z.object({ eps: z.number().min(0).default(1e-5) }),
      (inputs, { eps }) => {
        const [student, teacher] = sameSize(inputs.tensor("student"), inputs.tensor("teacher"));
        return gaussianLoss(regressed(inputs, student), teacher, inputs.tensor("log_scale"), eps);
      },
      { takes: "map", alike: [], squares: true, parts },
    ),
    torchdistill: lossVariant(
      "yoshitomo-matsubara/torchdistill",
      "weight times repdistiller with eps = 1e-5, s itself the predicted mean",
      z.object({ weight: z.number().default(1) }),
      (inputs, { weight }) =>
        mul(
          gaussianLoss(inputs.tensor("student"), inputs.tensor("teacher"), inputs.tensor("soft"), 1e-5),
          weight,
        ),
      {
        takes: "map",
        alike: ["channels", "height", "width"],
        parts: (_, teacher) => [constantPart("soft", [teacher[1] as number], startScale)],
      },
    ),
  },
};
