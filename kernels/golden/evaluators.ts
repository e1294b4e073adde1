/**
 * Every kind of file that can be run, one row each. Operations of a network live in operations/; a loss of knowledge
 * distillation is an evaluator of area `kd` whose gradients are those of `outputs.loss` itself.
 */
import type { GoldenEvaluator } from "./evaluator.ts";
import { batchnorm } from "./operations/batchnorm.ts";
import { layernorm } from "./operations/layernorm.ts";
import { linear } from "./operations/linear.ts";

export const evaluators: readonly GoldenEvaluator[] = [batchnorm, layernorm, linear];
