/** Sums, means and maxima over some dimensions, with gradients. */
import { type Reduction, reduceProgram } from "../programs/reduce.ts";
import { record } from "../record.ts";
import { choose, div, mul } from "../scalar.ts";
import {
  dimensionOf,
  nestOf,
  type Shape,
  sameShape,
  sizeOf,
  stretchedStrides,
  stridesOf,
} from "../shapes.ts";
import type { Tensor } from "../tensor.ts";
import { map } from "./elementwise.ts";
import { reshape, stretch } from "./move.ts";

export interface ReduceOptions {
  /** Over which dimensions (default: all); negative ones count from the end. */
  readonly over?: readonly number[];
  /** Whether these dimensions stay, with a length of 1 (default: they go). */
  readonly keep?: boolean;
}

/** Sum over some dimensions. */
export function sum(x: Tensor, { over, keep = false }: ReduceOptions = {}): Tensor {
  const { kept, left } = shapesOf(x.shape, over);
  const made = reduced("sum", x, kept);
  const result = record(made, [x], (gradient) => [x.wantsGradient ? stretch(gradient, x.shape) : undefined]);
  return keep ? result : reshape(result, left);
}

/** Mean over some dimensions. */
export function mean(x: Tensor, options: ReduceOptions = {}): Tensor {
  const { kept } = shapesOf(x.shape, options.over);
  const share = sizeOf(kept) / x.size;
  return map([sum(x, options)], (total) => mul(total, share));
}

/** Maximum over some dimensions; where several elements have it, its gradient is shared among them, as torch's amax does. */
export function max(x: Tensor, { over, keep = false }: ReduceOptions = {}): Tensor {
  const { kept, left } = shapesOf(x.shape, over);
  const made = reduced("max", x, kept);
  const result = record(made, [x], (gradient) => {
    const ties = map([x, made], (value, largest) => choose(value, "eq", largest, 1, 0));
    const count = reduced("sum", ties, kept);
    return [map([ties, count, gradient], (tie, n, g) => mul(tie, div(g, n)))];
  });
  return keep ? result : reshape(result, left);
}

/** Sums up what was stretched, so that the result has this shape: the gradient of `stretch`. */
export function sumTo(x: Tensor, shape: Shape): Tensor {
  if (sameShape(x.shape, shape)) return x;
  const aligned = [...Array.from({ length: x.shape.length - shape.length }, () => 1), ...shape];
  return reduced("sum", x, aligned).view(shape);
}

/** The shape of a reduction with its dimensions kept at length 1, and without them. */
function shapesOf(
  shape: Shape,
  over: readonly number[] | undefined,
): { readonly kept: Shape; readonly left: Shape } {
  const gone = new Set(over ? over.map((dimension) => dimensionOf(shape, dimension)) : shape.keys());
  return {
    kept: shape.map((length, i) => (gone.has(i) ? 1 : length)),
    left: shape.filter((_, i) => !gone.has(i)),
  };
}

/** A reduction to a shape of as many dimensions, where those that are reduced have length 1. */
function reduced(reduction: Reduction, x: Tensor, kept: Shape): Tensor {
  const { engine } = x;
  if (x.size === 0) throw new RangeError("expected at least one element to reduce; found none");
  const made = engine.tensor(kept);
  const { element, lanes } = engine;
  const kernel = engine.kernel(`${reduction} ${x.shape} to ${kept}`, () => {
    const nest = nestOf(x.shape, [stridesOf(x.shape), stretchedStrides(kept, x.shape)]);
    return reduceProgram({ reduction, element, lanes, nest });
  });
  kernel(x.address, made.address);
  return made;
}
