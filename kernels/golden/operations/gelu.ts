/** `nn/gelu`: by erf and by tanh (torch.nn.functional.gelu, approximate "none" and "tanh"). */
import { z } from "zod";
import { type ActivationName, createActivation } from "../../nn/activation.ts";
import { type GoldenCall, type GoldenEvaluator, type GoldenResult, variant } from "../evaluator.ts";
import { Placement } from "../place.ts";
import { checkUpstream, upstreamLoss } from "./upstream.ts";

const none = z.looseObject({});

export const gelu: GoldenEvaluator = {
  area: "nn",
  loss: "gelu",
  variants: {
    erf: variant(none, (call) => evaluate(call, "gelu")),
    tanh: variant(none, (call) => evaluate(call, "gelu-tanh")),
  },
};

function evaluate(call: GoldenCall<unknown>, activation: ActivationName): GoldenResult {
  const { inputs, execution } = call;
  const length = inputs.get("x").values.length;
  checkUpstream(inputs, length);
  const layer = createActivation({ ...execution, activation, length });
  const at = new Placement(call);
  const x = at.input("x");
  layer.forward({ x, y: at.room("y", length) });
  layer.backward({ x, gradY: at.input("grad_y"), gradX: at.gradient("x") as number });
  return { outputs: upstreamLoss(at.read("y"), inputs), grads: at.gradients() };
}
