/** Operations that move numbers without computing: other shapes, other orders, parts, joints; with gradients. */
import { bytesOf } from "../../../codegen/expressions.ts";
import type { Engine } from "../engine.ts";
import { mapProgram } from "../programs/map.ts";
import { record } from "../record.ts";
import { input } from "../scalar.ts";
import {
  dimensionOf,
  nestOf,
  type Shape,
  sameShape,
  shapeText,
  sizeOf,
  stretchedStrides,
  stridesOf,
} from "../shapes.ts";
import type { Tensor } from "../tensor.ts";
import { nestText } from "./elementwise.ts";
import { sumTo } from "./reduce.ts";

/** The same numbers without what they came from: no gradient passes. */
export const detach = (x: Tensor): Tensor => x.view(x.shape);

/** The same numbers under another shape; one length may be -1, for whatever is left. Shared, not copied. */
export function reshape(x: Tensor, lengths: Shape): Tensor {
  const shape = completed(lengths, x);
  return record(x.view(shape), [x], (gradient) => [gradient.view(x.shape)]);
}

function completed(lengths: Shape, { shape, size }: Tensor): Shape {
  const given = sizeOf(lengths.filter((length) => length !== -1));
  const full = lengths.map((length) => (length === -1 ? size / given : length));
  if (sizeOf(full) === size && full.every(Number.isInteger)) return full;
  throw new RangeError(
    `expected a shape of ${size} elements for ${shapeText(shape)}; found ${shapeText(lengths)}`,
  );
}

/** Repeats dimensions of length 1, and adds leading ones, up to this shape. */
export function stretch(x: Tensor, shape: Shape): Tensor {
  if (sameShape(x.shape, shape)) return x;
  const made = x.engine.tensor(shape);
  copy(x.engine, shape, placeOf(x, stretchedStrides(x.shape, shape)), placeOf(made));
  return record(made, [x], (gradient) => [sumTo(gradient, x.shape)]);
}

/** Dimensions in another order: `order[i]` is the one that becomes the i-th. */
export function permute(x: Tensor, order: readonly number[]): Tensor {
  const from = order.map((dimension) => dimensionOf(x.shape, dimension));
  if (new Set(from).size !== x.shape.length)
    throw new RangeError(
      `expected each dimension of ${shapeText(x.shape)} once; found [${order.join(", ")}]`,
    );
  const strides = stridesOf(x.shape);
  const shape = from.map((dimension) => x.shape[dimension] as number);
  const made = x.engine.tensor(shape);
  copy(
    x.engine,
    shape,
    placeOf(
      x,
      from.map((dimension) => strides[dimension] as number),
    ),
    placeOf(made),
  );
  return record(made, [x], (gradient) => [
    permute(
      gradient,
      from.map((_, i) => from.indexOf(i)),
    ),
  ]);
}

/** Exchanges two dimensions (default: the last two). */
export function transpose(x: Tensor, a = -2, b = -1): Tensor {
  const [first, second] = [dimensionOf(x.shape, a), dimensionOf(x.shape, b)];
  return permute(
    x,
    x.shape.map((_, i) => (i === first ? second : i === second ? first : i)),
  );
}

/** The part of one dimension from `from` up to, not including, `to`. */
export function slice(x: Tensor, dimension: number, from: number, to: number): Tensor {
  const at = dimensionOf(x.shape, dimension);
  const length = x.shape[at] as number;
  if (!(from >= 0 && from < to && to <= length))
    throw new RangeError(`expected a part of 0 to ${length} in dimension ${at}; found ${from} to ${to}`);
  const shape = x.shape.with(at, to - from);
  const made = x.engine.tensor(shape);
  copy(x.engine, shape, partOf(x, at, from), placeOf(made));
  return record(made, [x], (gradient) => {
    const whole = x.engine.tensor(x.shape, 0);
    copy(x.engine, shape, placeOf(gradient), partOf(whole, at, from));
    return [whole];
  });
}

/** Tensors one behind the other along a dimension; their other dimensions agree. */
export function concat(tensors: readonly Tensor[], dimension = 0): Tensor {
  const [first] = tensors;
  if (!first) throw new RangeError("expected at least one tensor; found none");
  const at = dimensionOf(first.shape, dimension);
  const lengths = tensors.map(({ shape }) => shape[at] as number);
  if (tensors.some(({ shape }, i) => !sameShape(shape, first.shape.with(at, lengths[i] as number))))
    throw new RangeError(
      `expected shapes that differ in dimension ${at} alone; found ${tensors.map(({ shape }) => shapeText(shape)).join(", ")}`,
    );
  const made = first.engine.tensor(
    first.shape.with(
      at,
      lengths.reduce((a, b) => a + b),
    ),
  );
  const starts = lengths.map((_, i) => lengths.slice(0, i).reduce((a, b) => a + b, 0));
  for (const [i, tensor] of tensors.entries())
    copy(first.engine, tensor.shape, placeOf(tensor), partOf(made, at, starts[i] as number));
  return record(made, tensors, (gradient) =>
    tensors.map(({ wantsGradient }, i) => {
      const start = starts[i] as number;
      return wantsGradient ? slice(gradient, at, start, start + (lengths[i] as number)) : undefined;
    }),
  );
}

/** Where the elements of a shape lie. */
interface Place {
  readonly address: number;
  readonly strides: readonly number[];
}

const placeOf = ({ address, shape }: Tensor, strides: readonly number[] = stridesOf(shape)): Place => ({
  address,
  strides,
});

/** A tensor's elements from an index of one dimension on. */
function partOf({ address, shape, engine }: Tensor, dimension: number, from: number): Place {
  const strides = stridesOf(shape);
  return { address: address + from * (strides[dimension] as number) * bytesOf[engine.element], strides };
}

function copy(engine: Engine, shape: Shape, from: Place, to: Place): void {
  if (sizeOf(shape) === 0) return;
  const nest = nestOf(shape, [from.strides, to.strides]);
  const { element, lanes } = engine;
  const options = { element, lanes, formulas: [input(0)], inputs: 1, settings: 0, nest };
  engine.kernel(`copy ${nestText(nest)}`, () => mapProgram(options))(from.address, to.address);
}
