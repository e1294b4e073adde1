/** `nn/linear`: y = x W^T + b with any leading dimensions (torch.nn.functional.linear). */
import { z } from "zod";
import { createLinear } from "../../nn/linear.ts";
import { type GoldenCall, type GoldenEvaluator, type GoldenResult, variant } from "../evaluator.ts";
import { put, room } from "../place.ts";
import { checkUpstream, upstreamLoss } from "./upstream.ts";

export const linear: GoldenEvaluator = {
  area: "nn",
  loss: "linear",
  variants: { torch: variant(z.looseObject({}), evaluate) },
};

function evaluate({ inputs, execution }: GoldenCall<unknown>): GoldenResult {
  const { memory, element } = execution;
  const x = inputs.get("x");
  const weight = inputs.get("weight");
  const bias = inputs.find("bias");
  const gradY = inputs.get("grad_y");
  const [outputs = 1, columns = 1] = weight.shape.length === 1 ? [1, weight.shape[0]] : weight.shape;
  const rows = x.values.length / columns;
  if (x.shape.at(-1) !== columns)
    throw new RangeError(
      `inputs.x: expected a last side of ${columns}, as weight has; found ${x.shape.at(-1)}`,
    );
  checkUpstream(gradY, rows * outputs);
  const layer = createLinear({ ...execution, shape: { rows, inputs: columns, outputs } });
  const at = { x: put(execution, x), weight: put(execution, weight), gradY: put(execution, gradY) };
  const placedBias = bias && put(execution, bias);
  const y = room(memory, element, rows * outputs);
  const grads = {
    x: room(memory, element, x.values.length),
    weight: room(memory, element, weight.values.length),
    ...(bias ? { bias: room(memory, element, outputs) } : {}),
  };
  layer.forward({ x: at.x.address, weight: at.weight.address, bias: placedBias?.address, y: y.address });
  layer.backward({
    ...{ x: at.x.address, weight: at.weight.address, gradY: at.gradY.address },
    ...{ gradX: grads.x.address, gradWeight: grads.weight.address, gradBias: grads.bias?.address },
  });
  return {
    outputs: upstreamLoss(y, gradY),
    grads: Object.fromEntries(Object.entries(grads).map(([name, placed]) => [name, placed.read()])),
  };
}
