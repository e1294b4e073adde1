/** `nn/fake_quantize`: rounding to a quantiser's grid with the straight-through gradient, per tensor or per channel. */
import { z } from "zod";
import { type ChannelShape, createFakeQuantise } from "../../integer/quantise.ts";
import type { Quantiser } from "../../integer/quantiser.ts";
import { type GoldenCall, type GoldenEvaluator, type GoldenResult, variant } from "../evaluator.ts";
import { Placement } from "../place.ts";
import { elementsOf } from "../schema.ts";
import { checkUpstream, upstreamLoss } from "./upstream.ts";

const bounds = { qmin: z.int(), qmax: z.int() };
const perTensor = z.looseObject({
  ...bounds,
  qscale: z.number().positive(),
  zero_point: z.int(),
  /** Inputs are halves of a step: they are multiplied by scale / 2 first. */
  ties: z.boolean().default(false),
});
const perChannel = z.looseObject({
  ...bounds,
  axis: z.int().min(0),
  scales: z.array(z.number().positive()).min(1),
  zero_points: z.array(z.int()),
});

export const fakeQuantize: GoldenEvaluator = {
  area: "nn",
  loss: "fake_quantize",
  variants: {
    formula: variant(perTensor, ofTensor),
    "torch-per-tensor": variant(perTensor, ofTensor),
    "torch-per-channel": variant(perChannel, ofChannels),
  },
};

function ofTensor(call: GoldenCall<z.infer<typeof perTensor>>): GoldenResult {
  const { qscale: scale, zero_point: zeroPoint, qmin: least, qmax: greatest, ties } = call.params;
  const inner = call.inputs.get("x").values.length;
  const quantiser = { scale, zeroPoint, least, greatest };
  return run(call, [quantiser], { outer: 1, inner }, ties ? scale / 2 : 1);
}

function ofChannels(call: GoldenCall<z.infer<typeof perChannel>>): GoldenResult {
  const { axis, scales, zero_points, qmin: least, qmax: greatest } = call.params;
  const { shape } = call.inputs.get("x");
  if (shape[axis] !== scales.length || zero_points.length !== scales.length)
    throw new RangeError(
      `params.scales: expected ${shape[axis]}, as side ${axis} of x, and as many zero points; found ${scales.length} and ${zero_points.length}`,
    );
  const quantisers = scales.map((scale, i) => ({
    ...{ scale, least, greatest },
    zeroPoint: zero_points[i] as number,
  }));
  const sides = { outer: elementsOf(shape.slice(0, axis)), inner: elementsOf(shape.slice(axis + 1)) };
  return run(call, quantisers, sides, 1);
}

function run(
  call: GoldenCall<unknown>,
  quantisers: readonly Quantiser[],
  shape: ChannelShape,
  factor: number,
): GoldenResult {
  const { inputs, execution } = call;
  const { values } = inputs.get("x");
  checkUpstream(inputs, values.length);
  const at = new Placement(call);
  const x = at.input("x");
  const { memory, element } = execution;
  if (factor !== 1) memory.view(element, x, values.length).set(values.map((value) => value * factor));
  const operation = createFakeQuantise({ ...execution, quantisers, shape });
  operation.forward({ x, y: at.room("y", values.length) });
  operation.backward({ x, gradY: at.input("grad_y"), gradX: at.gradient("x") as number });
  // The inputs of the file come before the factor, and so do their gradients.
  const gradient = at.gradients().x as Float64Array;
  return {
    outputs: upstreamLoss(at.read("y"), inputs),
    grads: { x: gradient.map((value) => value * factor) },
  };
}
