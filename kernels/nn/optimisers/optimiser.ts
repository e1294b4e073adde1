/** What all optimisers have in common: parameters with gradients, a rate that a schedule may change, a step. */
import type { Tensor } from "../tensor/tensor.ts";

export interface Optimiser {
  /** Length of the next steps. */
  rate: number;
  /** Steps so far; set only where a training is taken up again. */
  steps: number;
  /** What it remembers of a parameter, by name: what a checkpoint stores. Zeros where nothing has been seen yet. */
  remembered(parameter: Tensor): Readonly<Record<string, Tensor>>;
  /** Changes every parameter that has a gradient, in place. */
  step(): void;
  /** Forgets the gradients: to be called between two steps. */
  clear(): void;
}

/** Frees the gradients of some parameters. */
export function clearGradients(parameters: readonly Tensor[]): void {
  for (const parameter of parameters) {
    parameter.gradient?.free();
    parameter.gradient = undefined;
  }
}

/** Zeros of a parameter's shape that live as long as it does: what an optimiser remembers of it. */
export function stateOf(parameter: Tensor): Tensor {
  const { engine, shape } = parameter;
  return engine.keep(engine.tensor(shape, 0));
}
