/** `nn/linear`: y = x W^T + b with any leading dimensions (torch.nn.functional.linear). */
import { z } from "zod";
import { createLinear } from "../../nn/linear.ts";
import { type GoldenCall, type GoldenEvaluator, type GoldenResult, variant } from "../evaluator.ts";
import { Placement } from "../place.ts";
import { checkUpstream, upstreamLoss } from "./upstream.ts";

export const linear: GoldenEvaluator = {
  area: "nn",
  loss: "linear",
  variants: { torch: variant(z.looseObject({}), evaluate) },
};

function evaluate(call: GoldenCall<unknown>): GoldenResult {
  const { inputs, execution } = call;
  const x = inputs.get("x");
  const columns = inputs.get("weight").shape.at(-1) ?? 0;
  if (x.shape.at(-1) !== columns)
    throw new RangeError(
      `inputs.x: expected a last side of ${columns}, as weight has; found ${x.shape.at(-1)}`,
    );
  const shape = {
    rows: x.values.length / columns,
    inputs: columns,
    outputs: inputs.get("weight").values.length / columns,
  };
  checkUpstream(inputs, shape.rows * shape.outputs);
  const layer = createLinear({ ...execution, shape });
  const at = new Placement(call);
  const operands = { x: at.input("x"), weight: at.input("weight") };
  layer.forward({ ...operands, bias: at.optional("bias"), y: at.room("y", shape.rows * shape.outputs) });
  layer.backward({
    ...operands,
    gradY: at.input("grad_y"),
    gradX: at.gradient("x"),
    gradWeight: at.gradient("weight"),
    gradBias: at.gradient("bias"),
  });
  return { outputs: upstreamLoss(at.read("y"), inputs), grads: at.gradients() };
}
