/** `nn/layernorm`: over the trailing sides that weight (or `normalized_shape`) has (torch.nn.functional.layer_norm). */
import { z } from "zod";
import { createLayerNorm } from "../../nn/layer-norm.ts";
import {
  type GoldenCall,
  type GoldenEvaluator,
  type GoldenResult,
  type Inputs,
  variant,
} from "../evaluator.ts";
import { Placement } from "../place.ts";
import { elementsOf } from "../schema.ts";
import { checkUpstream, upstreamLoss } from "./upstream.ts";

const params = z.looseObject({
  eps: z.number().default(1e-5),
  normalized_shape: z.union([z.int().transform((side) => [side]), z.array(z.int())]).nullish(),
});
type Params = z.infer<typeof params>;

export const layernorm: GoldenEvaluator = {
  area: "nn",
  loss: "layernorm",
  variants: { torch: variant(params, evaluate) },
};

function evaluate(call: GoldenCall<Params>): GoldenResult {
  const { params, inputs, execution } = call;
  const length = inputs.get("x").values.length;
  const columns = elementsOf(normalisedSides(params, inputs));
  const rows = length / columns;
  checkUpstream(inputs, length);
  const layer = createLayerNorm({ ...execution, shape: { rows, columns }, epsilon: params.eps });
  const at = new Placement(call);
  const shared = {
    ...{ x: at.input("x"), weight: at.optional("weight") },
    ...{ mean: at.room("mean", rows), inverse: at.room("inverse", rows) },
  };
  layer.forward({ ...shared, bias: at.optional("bias"), y: at.room("y", length) });
  layer.backward({
    ...shared,
    gradY: at.input("grad_y"),
    gradX: at.gradient("x"),
    gradWeight: at.gradient("weight"),
    gradBias: at.gradient("bias"),
  });
  return { outputs: upstreamLoss(at.read("y"), inputs), grads: at.gradients() };
}

/** The trailing sides of x that are normalised. @throws RangeError where x does not end with them */
function normalisedSides({ normalized_shape }: Params, inputs: Inputs): readonly number[] {
  const { shape } = inputs.get("x");
  const affine = inputs.find("weight") ?? inputs.find("bias");
  const sides = normalized_shape ?? affine?.shape ?? shape.slice(-1);
  const found = shape.slice(-sides.length);
  if (sides.length > 0 && found.join() === sides.join()) return sides;
  throw new RangeError(`inputs.x: expected trailing sides ${sides.join("x")}; found ${shape.join("x")}`);
}
