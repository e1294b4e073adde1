/**
 * FitNets: a hidden map of the student, led through a regressor where shapes differ, comes close to one of the teacher.
 * The paper has half the squared distance of each example; code takes the mean over all elements.
 */
import { z } from "zod";
import { relu } from "../../nn/tensor/functions/arithmetic.ts";
import { conv2d } from "../../nn/tensor/functions/conv.ts";
import { convTranspose2d } from "../../nn/tensor/functions/conv-transpose.ts";
import { batchNorm } from "../../nn/tensor/functions/norms.ts";
import type { Shape } from "../../nn/tensor/shapes.ts";
import type { Tensor } from "../../nn/tensor/tensor.ts";
import { type DistillationLoss, type LossInputs, type LossPart, lossVariant } from "./loss.ts";
import { constantPart, sidesOf, weightsPart } from "./maps.ts";
import { meanSquare } from "./rows.ts";

/** Half the size by strides, twice the size by a transposed convolution, else a kernel as wide as what is to go. */
type Regressor = "half" | "double" | "crop";

const regressorOf = (student: Shape, teacher: Shape): Regressor => {
  const [from, to] = [student[2] as number, teacher[2] as number];
  if (from === 2 * to) return "half";
  if (2 * from === to) return "double";
  if (from >= to) return "crop";
  throw new RangeError(
    `expected a student's map of half the teacher's height ${to}, or of at least that; found ${from}`,
  );
};

function convolved(inputs: LossInputs, student: Tensor, teacher: Tensor): Tensor {
  const [weights, bias] = [inputs.tensor("conv.weight"), inputs.find("conv.bias")];
  sidesOf(student);
  switch (regressorOf(student.shape, teacher.shape)) {
    case "half":
      return conv2d(student, weights, bias, { stride: 2, padding: 1 });
    case "double":
      return convTranspose2d(student, weights, bias, { stride: 2, padding: 1 });
    case "crop":
      return conv2d(student, weights, bias);
  }
}

/** The student's map in the teacher's shape: relu(BN(conv(student))). */
function regressed(inputs: LossInputs) {
  const teacher = inputs.tensor("teacher");
  const x = convolved(inputs, inputs.tensor("student"), teacher);
  const [weight, bias] = [inputs.tensor("bn.weight"), inputs.tensor("bn.bias")];
  const regressor_out = relu(batchNorm(x, { training: true, weight, bias }));
  return { loss: meanSquare(regressor_out, teacher), outputs: { regressor_out } };
}

function parts(student: Shape, teacher: Shape): readonly LossPart[] {
  const [[, from, height, width], [, to, rows, columns]] = [student, teacher] as [number[], number[]];
  const kind = regressorOf(student, teacher);
  const kernel: readonly [number, number] =
    kind === "crop"
      ? [1 + (height as number) - (rows as number), 1 + (width as number) - (columns as number)]
      : kind === "half"
        ? [3, 3]
        : [4, 4];
  const channels = (kind === "double" ? [from, to] : [to, from]) as [number, number];
  // torch counts a transposed convolution's second side as inputs, too.
  const fan = channels[1] * kernel[0] * kernel[1];
  return [
    weightsPart("conv.weight", [...channels, ...kernel], fan),
    weightsPart("conv.bias", [to as number], fan),
    constantPart("bn.weight", [to as number], 1),
    constantPart("bn.bias", [to as number], 0),
  ];
}

export const fitnet: DistillationLoss = {
  id: "fitnet",
  title: { en: "FitNets: hints", zh: "FitNets：中间层提示" },
  kind: "features",
  paper: {
    authors: "Romero, Ballas, Kahou, Chassang, Gatta & Bengio",
    year: 2014,
    title: "FitNets: Hints for Thin Deep Nets",
    arxiv: "1412.6550",
  },
  variants: {
    repdistiller: lossVariant(
      "HobbitLong/RepDistiller",
      "mean over all elements of (s - t)^2, s what a regressor outside has made",
      z.object({}),
      (inputs) => meanSquare(inputs.tensor("student"), inputs.tensor("teacher")),
      { takes: "map", alike: ["channels", "height", "width"] },
    ),
    "mdistiller-regressor": lossVariant(
      "megvii-research/mdistiller",
      "mean over all elements of (relu(BN(conv(s))) - t)^2; conv of stride 2, transposed, or of kernel 1 + h_s - h_t",
      z.object({}),
      regressed,
      { takes: "map", alike: [], parts },
    ),
  },
};
