/** Makes the files of every registered distillation loss runnable: its inputs as parameters, gradients by `backward`. */
import type { DistillationLoss, LossInputs, LossVariant } from "../distill/losses/loss.ts";
import { losses } from "../distill/losses/registry.ts";
import { backward } from "../nn/tensor/backward.ts";
import { Engine } from "../nn/tensor/engine.ts";
import { Tensor } from "../nn/tensor/tensor.ts";
import type { Execution, GoldenEvaluator, GoldenResult, GoldenVariant, Inputs } from "./evaluator.ts";

export const lossEvaluators: readonly GoldenEvaluator[] = losses.map(evaluatorOf);

function evaluatorOf({ id, variants, integers, turnable }: DistillationLoss): GoldenEvaluator {
  return {
    area: "kd",
    loss: id,
    variants: Object.fromEntries(
      Object.entries(variants).map(([name, variant]): [string, GoldenVariant] => [
        name,
        { evaluate: (params, inputs, execution) => evaluate(variant, params, inputs, execution) },
      ]),
    ),
    ...(integers && { integers }),
    ...(turnable && { turnable }),
  };
}

function evaluate(variant: LossVariant, params: unknown, inputs: Inputs, execution: Execution): GoldenResult {
  const engine = new Engine(execution);
  const placed = new Map<string, Tensor>();
  return engine.scope(() => {
    const { loss, outputs = {} } = variant.compute(inputsOn(engine, inputs, placed), params);
    backward(loss);
    return {
      outputs: {
        loss: loss.item(),
        ...Object.fromEntries(Object.entries(outputs).map(([name, output]) => [name, numbersOf(output)])),
      },
      // What a loss does not look at changes nothing: a term that its weight leaves out.
      grads: Object.fromEntries(
        inputs.names.map((name) => [
          name,
          [...(placed.get(name)?.gradient?.values ?? new Float64Array(inputs.get(name).values.length))],
        ]),
      ),
    };
  });
}

function numbersOf(output: Tensor | readonly number[]): number | readonly number[] {
  if (!(output instanceof Tensor)) return output;
  return output.shape.length === 0 ? output.item() : [...output.values];
}

/** The inputs as parameters of an engine, so that each has a gradient; what is made is kept in `placed`. */
function inputsOn(engine: Engine, inputs: Inputs, placed: Map<string, Tensor>): LossInputs {
  const find = (name: string): Tensor | undefined => {
    const given = inputs.find(name);
    if (!given) return undefined;
    const known = placed.get(name) ?? engine.parameter(given.shape, given.values);
    placed.set(name, known);
    return known;
  };
  return {
    find,
    tensor: (name) => find(name) ?? engine.tensor(inputs.get(name).shape),
    list: (name) => {
      const found: Tensor[] = [];
      for (let next = find(`${name}.0`); next; next = find(`${name}.${found.length}`)) found.push(next);
      // The error of the first name says what there is.
      return found.length > 0 ? found : [engine.tensor(inputs.get(`${name}.0`).shape)];
    },
    indices: (name, limit) => engine.indices(inputs.get(name).values, limit),
    numbers: (name) => inputs.get(name).values,
  };
}
