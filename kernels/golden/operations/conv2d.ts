/** `nn/conv2d`: cross-correlation with any stride, padding, dilation and groups (torch.nn.functional.conv2d). */
import { z } from "zod";
import { createConvolutionBackward } from "../../conv/backward.ts";
import { createConvolution } from "../../conv/convolution.ts";
import { type ConvShape, convShape, outputHeight, outputWidth, type Padding } from "../../conv/shape.ts";
import { type GoldenCall, type GoldenEvaluator, type GoldenResult, variant } from "../evaluator.ts";
import { Placement } from "../place.ts";
import { elementsOf } from "../schema.ts";
import { pair } from "./pairs.ts";
import { checkUpstream, upstreamLoss } from "./upstream.ts";

const params = z.looseObject({
  stride: pair.default({ y: 1, x: 1 }),
  padding: z.union([z.enum(["valid", "same"]), pair]).default("valid"),
  dilation: pair.default({ y: 1, x: 1 }),
  groups: z.int().min(1).default(1),
});
type Params = z.infer<typeof params>;

export const conv2d: GoldenEvaluator = {
  area: "nn",
  loss: "conv2d",
  variants: { torch: variant(params, evaluate) },
  integers: ["y_shape"],
};

function evaluate(call: GoldenCall<Params>): GoldenResult {
  const { inputs, execution } = call;
  const leading = inputs.get("x").shape.slice(0, -3);
  const batch = elementsOf(leading);
  const shape = shapeOf(call);
  const yShape = [...leading, shape.filters, outputHeight(shape), outputWidth(shape)];
  checkUpstream(inputs, elementsOf(yShape));
  const at = new Placement(call);
  const options = { ...execution, shape, batch, layout: "nchw" } as const;
  const bias = at.optional("bias");
  const forward = createConvolution({
    ...{ ...options, algorithm: "im2col" },
    ...(bias === undefined ? {} : { epilogue: { bias: true } }),
  });
  const operands = { weights: at.input("weight"), input: at.input("x") };
  forward.run({
    ...operands,
    output: at.room("y", elementsOf(yShape)),
    ...(bias === undefined ? {} : { bias }),
  });
  forward.release();
  const backward = createConvolutionBackward(options);
  const outputGradient = at.input("grad_y");
  backward.inputGradient({ ...operands, outputGradient, inputGradient: at.gradient("x") as number });
  backward.weightGradient({ ...operands, outputGradient, weightGradient: at.gradient("weight") as number });
  const biasGradient = at.gradient("bias");
  if (biasGradient !== undefined) backward.biasGradient({ outputGradient, biasGradient });
  return { outputs: { ...upstreamLoss(at.read("y"), inputs), y_shape: yShape }, grads: at.gradients() };
}

function shapeOf({ params, inputs }: GoldenCall<Params>): ConvShape {
  const [channels = 0, height = 0, width = 0] = inputs.get("x").shape.slice(-3);
  const [filters = 0, groupChannels, kernelHeight = 0, kernelWidth = 0] = inputs.get("weight").shape;
  const { stride, dilation, groups } = params;
  if (groupChannels !== undefined && groupChannels * groups !== channels)
    throw new RangeError(
      `inputs.weight: expected ${channels / groups} channels a group, as x has; found ${groupChannels}`,
    );
  return convShape({
    ...{ channels, height, width, filters, kernelHeight, kernelWidth, stride, dilation, groups },
    padding: paddingOf(params, kernelHeight, kernelWidth),
  });
}

/** `same` gives as many rows and columns as the image has; where their number is odd, one more at the end. */
function paddingOf({ padding, dilation }: Params, kernelHeight: number, kernelWidth: number): Padding {
  if (padding === "valid") return { top: 0, bottom: 0, left: 0, right: 0 };
  if (padding !== "same") return { top: padding.y, bottom: padding.y, left: padding.x, right: padding.x };
  const [rows, columns] = [dilation.y * (kernelHeight - 1), dilation.x * (kernelWidth - 1)];
  return {
    ...{ top: rows >> 1, bottom: rows - (rows >> 1) },
    ...{ left: columns >> 1, right: columns - (columns >> 1) },
  };
}
