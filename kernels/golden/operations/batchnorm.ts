/** `nn/batchnorm`: over all sides but the second (torch.nn.functional.batch_norm). */
import { z } from "zod";
import { createBatchNorm } from "../../nn/batch-norm.ts";
import { type GoldenCall, type GoldenEvaluator, type GoldenResult, variant } from "../evaluator.ts";
import { Placement } from "../place.ts";
import { checkUpstream, upstreamLoss } from "./upstream.ts";

const params = z.looseObject({
  training: z.boolean().default(false),
  momentum: z.number().nullish(),
  eps: z.number().default(1e-5),
});

export const batchnorm: GoldenEvaluator = {
  area: "nn",
  loss: "batchnorm",
  variants: { torch: variant(params, evaluate) },
};

function evaluate(call: GoldenCall<z.infer<typeof params>>): GoldenResult {
  const { params, inputs, execution } = call;
  const x = inputs.get("x");
  const [batch = 0, channels = 0] = x.shape;
  if (x.shape.length < 2)
    throw new RangeError(
      `inputs.x: expected at least two sides, batch and channels; found ${x.shape.length}`,
    );
  const length = x.values.length;
  checkUpstream(inputs, length);
  const layer = createBatchNorm({
    ...execution,
    shape: { batch, channels, positions: length / (batch * channels) },
    epsilon: params.eps,
    momentum: params.momentum ?? 0.1,
  });
  const at = new Placement(call);
  const shared = {
    ...{ training: params.training, x: at.input("x"), weight: at.optional("weight") },
    ...{ mean: at.room("mean", channels), inverse: at.room("inverse", channels) },
  };
  const runningMean = at.changing("running_mean");
  const runningVariance = at.changing("running_var");
  layer.forward({
    ...shared,
    bias: at.optional("bias"),
    runningMean,
    runningVariance,
    y: at.room("y", length),
  });
  layer.backward({
    ...shared,
    gradY: at.input("grad_y"),
    gradX: at.gradient("x"),
    gradWeight: at.gradient("weight"),
    gradBias: at.gradient("bias"),
  });
  const outputs = {
    ...upstreamLoss(at.read("y"), inputs),
    ...(runningMean === undefined ? {} : { running_mean_after: at.read("running_mean_after") }),
    ...(runningVariance === undefined ? {} : { running_var_after: at.read("running_var_after") }),
  };
  return { outputs, grads: at.gradients() };
}
