/**
 * Overhaul of feature distillation: maps are compared before their activation. What the teacher has above 0 the student
 * copies; below, it need only be as low as a margin, the mean of the teacher's negative values as its batch normalisation
 * lets expect them. The connector, the factors of the layers and the weight of the loss are outside.
 */
import { z } from "zod";
import { mul } from "../../nn/tensor/functions/arithmetic.ts";
import { map } from "../../nn/tensor/functions/elementwise.ts";
import { adaptiveAveragePool2d } from "../../nn/tensor/functions/pool.ts";
import { sum } from "../../nn/tensor/functions/reduce.ts";
import { choose, max, square, sub } from "../../nn/tensor/scalar.ts";
import type { Tensor } from "../../nn/tensor/tensor.ts";
import { type DistillationLoss, type LossInputs, lossVariant } from "./loss.ts";
import { sidesOf } from "./maps.ts";

const density = (x: number): number => Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);

/** Beyond it a normal variable's share is below 1e-9 on either side. */
const farOut = 6;

/** Share of a normal variable below -x: 1/2 - density(x) (x + x^3 / 3 + x^5 / 15 + …), whose terms have one sign. */
function shareBelow(x: number): number {
  if (Math.abs(x) > farOut) return x > 0 ? 0 : 1;
  let [sum, term] = [0, x];
  for (let odd = 3; sum + term !== sum; odd += 2) {
    sum += term;
    term *= (x * x) / odd;
  }
  return 0.5 - density(x) * sum;
}

/** Share of negative values up to which their mean is taken as three deviations. */
const rare = 0.001;

/** Mean of the negative values of a channel with this deviation |gamma| and mean beta. */
export function expectedNegative(gamma: number, beta: number): number {
  const deviation = Math.abs(gamma);
  const share = shareBelow(beta / deviation);
  return share > rare ? beta - (deviation * density(beta / deviation)) / share : -3 * deviation;
}

/** The teacher's map at the student's size. */
function teacherMap(inputs: LossInputs, student: Tensor): Tensor {
  const teacher = inputs.tensor("teacher");
  const [[, , height, width], [, , rows, columns]] = [sidesOf(student), sidesOf(teacher)];
  return height === rows && width === columns ? teacher : adaptiveAveragePool2d(teacher, height, width);
}

function partial(inputs: LossInputs) {
  const student = inputs.tensor("student");
  const [batch, channels] = sidesOf(student);
  const [gammas, betas] = [inputs.tensor("bn_weight").values, inputs.tensor("bn_bias").values];
  const margins = Array.from(gammas, (gamma, c) => expectedNegative(gamma, betas[c] as number));
  const margin = student.engine.tensor([channels, 1, 1], margins);
  const errors = map([student, teacherMap(inputs, student), margin], (s, t, m) => {
    const wanted = max(t, m);
    const error = square(sub(s, wanted));
    return choose(t, "gt", 0, error, choose(s, "gt", wanted, error, 0));
  });
  return { loss: mul(sum(errors), 1 / batch), outputs: { margin: margins } };
}

export const ofd: DistillationLoss = {
  id: "ofd",
  title: { en: "Overhaul of feature distillation", zh: "特征蒸馏全面改进（OFD）" },
  kind: "features",
  paper: {
    authors: "Heo, Kim, Yun, Park, Kwak & Choi",
    year: 2019,
    title: "A Comprehensive Overhaul of Feature Distillation",
    arxiv: "1904.01866",
  },
  variants: {
    mdistiller: lossVariant(
      "megvii-research/mdistiller",
      "1/B sum (s - max(t, m))^2 [s > max(t, m) or t > 0], m_c the mean of a normal variable (beta_c, gamma_c) below 0, -3 |gamma| where that is rare",
      z.object({}),
      partial,
      { takes: "map", alike: ["channels"], also: ["bn_weight", "bn_bias"] },
    ),
  },
};
