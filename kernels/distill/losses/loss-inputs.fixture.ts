/** Losses by name and their inputs from tensors that a test has made. */
import type { Engine } from "../../nn/tensor/engine.ts";
import type { Tensor } from "../../nn/tensor/tensor.ts";
import type { LossInputs, LossVariant } from "./loss.ts";
import { losses } from "./registry.ts";

/** Tensors by name, and numbers for labels. */
export function inputsOf(
  engine: Engine,
  given: Readonly<Record<string, Tensor | readonly number[]>>,
): LossInputs {
  const numbers = (name: string): readonly number[] => given[name] as readonly number[];
  const find = (name: string): Tensor | undefined => given[name] as Tensor | undefined;
  return {
    find,
    tensor: (name) => {
      const found = find(name);
      if (!found) throw new RangeError(`expected "${name}"`);
      return found;
    },
    list: (name) =>
      Object.keys(given)
        .filter((key) => key.startsWith(`${name}.`))
        .map((key) => given[key] as Tensor),
    numbers,
    indices: (name, limit) => engine.indices(numbers(name), limit),
  };
}

/** @throws RangeError for a name that is none */
export function variantOf(id: string, name: string): LossVariant {
  const variant = losses.find((row) => row.id === id)?.variants[name];
  if (!variant) throw new RangeError(`no loss ${id}/${name}`);
  return variant;
}
