/**
 * Where the elements of dense tensors lie, and what a view of one reads: an offset and a stride for each side. Broadcast,
 * transposition, slices and repetition are nothing but views, so that the reference and the generated copies share them.
 */

/** A way to walk over a tensor's elements: element [i, j, …] lies at offset + i * strides[0] + j * strides[1] … */
export interface View {
  readonly shape: readonly number[];
  readonly strides: readonly number[];
  readonly offset: number;
}

/** Strides of a dense row-major tensor, in elements. */
export function denseStrides(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length).fill(1);
  for (let side = shape.length - 2; side >= 0; side--)
    strides[side] = (strides[side + 1] as number) * (shape[side + 1] as number);
  return strides;
}

/**
 * The shape to which all of these broadcast (NumPy's rule: sides are aligned at the end, and 1 stretches), or null where
 * two sides differ.
 */
export function broadcastShape(shapes: readonly (readonly number[])[]): number[] | null {
  const rank = Math.max(0, ...shapes.map(({ length }) => length));
  const result = new Array<number>(rank).fill(1);
  for (const shape of shapes)
    for (const [at, side] of shape.entries()) {
      const place = rank - shape.length + at;
      const known = result[place] as number;
      if (known === 1) result[place] = side;
      else if (side !== 1 && side !== known) return null;
    }
  return result;
}

/** How a dense tensor is read as one of a larger shape that it broadcasts to: sides of 1 have stride 0. */
export function broadcastView(from: readonly number[], to: readonly number[]): View {
  const dense = denseStrides(from);
  const missing = to.length - from.length;
  const strides = to.map((_, side) => {
    const own = side - missing;
    return own < 0 || from[own] === 1 ? 0 : (dense[own] as number);
  });
  return { shape: to, strides, offset: 0 };
}

/** Calls `visit` with the place in each view of every element, in row-major order of their common shape. */
export function walk(
  views: readonly View[],
  visit: (places: readonly number[], index: number) => void,
): void {
  const [first] = views;
  if (!first) return;
  const { shape } = first;
  const counter = new Array<number>(shape.length).fill(0);
  const places = views.map(({ offset }) => offset);
  const total = shape.reduce((product, side) => product * side, 1);
  for (let index = 0; index < total; index++) {
    visit(places, index);
    for (let side = shape.length - 1; side >= 0; side--) {
      const size = shape[side] as number;
      const next = (counter[side] as number) + 1;
      const wraps = next === size;
      counter[side] = wraps ? 0 : next;
      for (const [at, view] of views.entries())
        places[at] = (places[at] as number) + (view.strides[side] as number) * (wraps ? 1 - size : 1);
      if (!wraps) break;
    }
  }
}

/**
 * The same walk with as few sides as possible: sides of 1 are dropped, and neighbours that every view walks as one are
 * joined. Generated loops are built from this, so that a whole tensor is one loop.
 */
export function joinedSides(views: readonly View[]): View[] {
  const shape = views[0]?.shape ?? [];
  const sides: number[] = [];
  const strides: number[][] = views.map(() => []);
  for (const [side, size] of shape.entries()) {
    if (size === 1) continue;
    const last = sides.length - 1;
    const joins =
      last >= 0 && views.every(({ strides: of }, at) => strides[at]?.[last] === (of[side] as number) * size);
    if (joins) sides[last] = (sides[last] as number) * size;
    else sides.push(size);
    const place = sides.length - 1;
    for (const [at, view] of views.entries()) (strides[at] as number[])[place] = view.strides[side] as number;
  }
  if (sides.length === 0) return views.map(({ offset }) => ({ shape: [1], strides: [0], offset }));
  return views.map(({ offset }, at) => ({ shape: sides, strides: strides[at] as number[], offset }));
}
