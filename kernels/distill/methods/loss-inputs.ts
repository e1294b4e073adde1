/** The inputs of a loss from what is at hand in a step of training. */
import { Indices } from "../../nn/tensor/indices.ts";
import type { Tensor } from "../../nn/tensor/tensor.ts";
import type { LossInputs } from "../losses/loss.ts";

/** Tensors and labels by the names that the loss knows; lists as `name.0`, `name.1` … */
export function lossInputs(given: Readonly<Record<string, Tensor | Indices>>): LossInputs {
  const of = (name: string): Tensor | Indices => {
    const found = given[name];
    if (found) return found;
    throw new RangeError(`expected one of the inputs ${Object.keys(given).join(", ")}; found ${name}`);
  };
  const tensor = (name: string): Tensor => {
    const found = of(name);
    if (found instanceof Indices) throw new RangeError(`expected ${name} to be a tensor; found indices`);
    return found;
  };
  const indices = (name: string): Indices => {
    const found = of(name);
    if (found instanceof Indices) return found;
    throw new RangeError(`expected ${name} to be indices; found a tensor`);
  };
  return {
    tensor,
    find: (name) => (given[name] === undefined ? undefined : tensor(name)),
    list(name) {
      const names = Object.keys(given).filter((each) => each.startsWith(`${name}.`));
      if (names.length === 0) of(`${name}.0`);
      return names.map(tensor);
    },
    indices(name, limit) {
      const found = indices(name);
      if (found.limit === limit) return found;
      throw new RangeError(`expected ${name} to be below ${limit}; found a limit of ${found.limit}`);
    },
    numbers: (name) => indices(name).values,
  };
}
