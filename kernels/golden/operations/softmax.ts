/** `nn/softmax` and `nn/log_softmax`: along any dimension (torch.nn.functional.softmax, log_softmax). */
import { z } from "zod";
import type { SoftmaxKind } from "../../softmax/programs/rows.ts";
import { createSoftmax, shapeAlong } from "../../softmax/softmax.ts";
import { type GoldenCall, type GoldenEvaluator, type GoldenResult, variant } from "../evaluator.ts";
import { Placement } from "../place.ts";
import { checkUpstream, upstreamLoss } from "./upstream.ts";

const params = z.looseObject({ dim: z.int() });

export const softmax: GoldenEvaluator = evaluatorOf("softmax", "softmax");
export const logSoftmax: GoldenEvaluator = evaluatorOf("log_softmax", "log-softmax");

function evaluatorOf(loss: string, kind: SoftmaxKind): GoldenEvaluator {
  return { area: "nn", loss, variants: { torch: variant(params, (call) => evaluate(call, kind)) } };
}

function evaluate(call: GoldenCall<z.infer<typeof params>>, kind: SoftmaxKind): GoldenResult {
  const { inputs, execution } = call;
  const x = inputs.get("x");
  checkUpstream(inputs, x.values.length);
  const shape = shapeAlong(x.shape, call.params.dim);
  const layer = createSoftmax({ ...execution, kind });
  const at = new Placement(call);
  const output = at.room("y", x.values.length);
  layer.forward(shape, { input: at.input("x"), output });
  const inputGradient = at.gradient("x") as number;
  layer.backward(shape, { output, outputGradient: at.input("grad_y"), inputGradient });
  return { outputs: upstreamLoss(at.read("y"), inputs), grads: at.gradients() };
}
