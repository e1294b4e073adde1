/** The operations that every model has use for, by their names. More are formulas of `map`. */
import * as scalar from "../scalar.ts";
import type { Tensor } from "../tensor.ts";
import { assign, map } from "./elementwise.ts";

type Factor = Tensor | number;

const binary =
  (rule: (left: scalar.Scalar | number, right: scalar.Scalar | number) => scalar.Scalar) =>
  (left: Tensor, right: Factor): Tensor =>
    typeof right === "number" ? map([left], (x) => rule(x, right)) : map([left, right], rule);

export const add = binary(scalar.add);
export const sub = binary(scalar.sub);
export const mul = binary(scalar.mul);
export const div = binary(scalar.div);

export const exp = (x: Tensor): Tensor => map([x], scalar.exp);
/** Natural logarithm. */
export const log = (x: Tensor): Tensor => map([x], scalar.log);
export const sqrt = (x: Tensor): Tensor => map([x], scalar.sqrt);
export const square = (x: Tensor): Tensor => map([x], scalar.square);
export const tanh = (x: Tensor): Tensor => map([x], scalar.tanh);
export const sigmoid = (x: Tensor): Tensor => map([x], scalar.sigmoid);
/** What is no number stays none, as in torch: a training that is lost must not look like one that is not. */
export const relu = (x: Tensor): Tensor => map([x], (value) => scalar.choose(value, "le", 0, 0, value));

/** Adds a tensor to another of its shape, in place; not recorded. Returns the sum. */
export function addInto(sum: Tensor, addend: Tensor): Tensor {
  assign([sum], [sum, addend], (a, b) => [scalar.add(a, b)]);
  return sum;
}

/** A tensor of its own with the same numbers; not recorded. */
export function copyOf(x: Tensor): Tensor {
  const made = x.engine.tensor(x.shape);
  assign([made], [x], (value) => [value]);
  return made;
}
