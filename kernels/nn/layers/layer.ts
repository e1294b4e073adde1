/**
 * A layer: parameters by name and a function of tensors. Networks are layers of layers, so what counts parameters, saves
 * them or trains them knows no other kind.
 */
import type { Engine } from "../tensor/engine.ts";
import type { Shape } from "../tensor/shapes.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** Where layers are made: parameters on an engine, their first values from one stream. */
export interface Nursery {
  readonly engine: Engine;
  /** Uniform in [0, 1); drawn from in the order in which layers are made. */
  readonly random: () => number;
}

/** How a pass is meant: dropout and batch statistics differ. */
export interface Pass {
  readonly training: boolean;
}

export interface Layer {
  /** By name; those of an inner layer are named `layer.name`, as in torch. */
  readonly parameters: Readonly<Record<string, Tensor>>;
  /** What is stored with the parameters but not trained: running statistics. */
  readonly statistics?: Readonly<Record<string, Tensor>>;
  /** From [batch, …] to [batch, …]. */
  forward(x: Tensor, pass: Pass): Tensor;
  /** What comes out for one example, and the floating-point operations behind it, two a multiply-add. */
  cost(input: Shape): Cost;
}

export interface Cost {
  readonly output: Shape;
  readonly flops: number;
}

/** All numbers that training changes. */
export const parameterCount = ({ parameters }: Layer): number =>
  Object.values(parameters).reduce((sum, { size }) => sum + size, 0);
