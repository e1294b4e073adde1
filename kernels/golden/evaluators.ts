/**
 * Every kind of file that can be run, one row each. Operations of a network live in operations/; losses of knowledge
 * distillation come from their own registry (losses.ts), area `kd`.
 */
import type { GoldenEvaluator } from "./evaluator.ts";
import { lossEvaluators } from "./losses.ts";
import { batchnorm } from "./operations/batchnorm.ts";
import { conv2d } from "./operations/conv2d.ts";
import { fakeQuantize } from "./operations/fake-quantize.ts";
import { gelu } from "./operations/gelu.ts";
import { ibert } from "./operations/ibert.ts";
import { layernorm } from "./operations/layernorm.ts";
import { linear } from "./operations/linear.ts";
import { pool } from "./operations/pool.ts";
import { logSoftmax, softmax } from "./operations/softmax.ts";

export const evaluators: readonly GoldenEvaluator[] = [
  batchnorm,
  conv2d,
  fakeQuantize,
  gelu,
  ibert,
  layernorm,
  linear,
  pool,
  softmax,
  logSoftmax,
  ...lossEvaluators,
];
