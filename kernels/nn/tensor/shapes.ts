/** Shapes of dense row-major tensors: lengths of the dimensions, the last one contiguous. */

export type Shape = readonly number[];

export const sizeOf = (shape: Shape): number => shape.reduce((product, length) => product * length, 1);

/** Elements from one index to the next, for each dimension. */
export function stridesOf(shape: Shape): number[] {
  const strides: number[] = [];
  let stride = 1;
  for (const length of shape.toReversed()) {
    strides.unshift(stride);
    stride *= length;
  }
  return strides;
}

export const shapeText = (shape: Shape): string => `[${shape.join(", ")}]`;

export const sameShape = (a: Shape, b: Shape): boolean =>
  a.length === b.length && a.every((length, i) => length === b[i]);

/** The shape that all can be stretched to, by NumPy's rules: aligned at the end, a length of 1 fits any other. */
export function broadcastShape(shapes: readonly Shape[]): Shape {
  const [first] = shapes;
  if (first && shapes.every((shape) => sameShape(shape, first))) return first;
  const rank = Math.max(0, ...shapes.map((shape) => shape.length));
  return Array.from({ length: rank }, (_, i) => {
    const lengths = shapes
      .map((shape) => shape[i - rank + shape.length] ?? 1)
      .filter((length) => length !== 1);
    const [length = 1] = lengths;
    if (lengths.some((other) => other !== length))
      throw new RangeError(
        `expected shapes that stretch to one another; found ${shapes.map(shapeText).join(" and ")}; ` +
          `dimension ${i - rank} has lengths ${lengths.join(" and ")}`,
      );
    return length;
  });
}

/** Strides of an operand when it is stretched to a larger shape: 0 along what is repeated. */
export function stretchedStrides(from: Shape, to: Shape): number[] {
  const strides = stridesOf(from);
  return to.map((length, i) => {
    const at = i - to.length + from.length;
    return at < 0 || (from[at] === 1 && length !== 1) ? 0 : (strides[at] as number);
  });
}

/** A dimension by number, from the end where negative. @throws RangeError */
export function dimensionOf(shape: Shape, dimension: number): number {
  const at = dimension < 0 ? dimension + shape.length : dimension;
  if (Number.isInteger(at) && at >= 0 && at < shape.length) return at;
  throw new RangeError(
    `expected a dimension from ${-shape.length} to ${shape.length - 1} of ${shapeText(shape)}; found ${dimension}`,
  );
}

/** A loop over one dimension: its length, and for each array the elements from one index to the next. */
export interface Nest {
  readonly length: number;
  readonly strides: readonly number[];
}

/**
 * The loops over a shape, outermost first, for several arrays at once: dimensions of length 1 are left out, and
 * neighbours that every array crosses evenly become one.
 */
export function nestOf(shape: Shape, strides: readonly (readonly number[])[]): readonly Nest[] {
  const nest: Nest[] = [];
  for (const [i, length] of shape.entries()) {
    if (length === 1) continue;
    const own = strides.map((each) => each[i] as number);
    const outer = nest.at(-1);
    if (outer?.strides.every((stride, a) => stride === (own[a] as number) * length))
      nest[nest.length - 1] = { length: outer.length * length, strides: own };
    else nest.push({ length, strides: own });
  }
  return nest;
}
