/**
 * Every kind of file that can be run, one row each. Operations of a network live in operations/; a loss of knowledge
 * distillation is an evaluator of area `kd` whose gradients are those of `outputs.loss` itself.
 */
import type { GoldenEvaluator } from "./evaluator.ts";
import { batchnorm } from "./operations/batchnorm.ts";
import { conv2d } from "./operations/conv2d.ts";
import { layernorm } from "./operations/layernorm.ts";
import { linear } from "./operations/linear.ts";
import { pool } from "./operations/pool.ts";

export const evaluators: readonly GoldenEvaluator[] = [batchnorm, conv2d, layernorm, linear, pool];
