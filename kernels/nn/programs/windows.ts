/**
 * The windows of a pooling layer as data that programs read: for each row and for each column of the output the first
 * element, the one behind the last, and the divisor of an average. So one program serves any stride, padding, rounding
 * and adaptive pooling. Where windows are whole and a step or two apart, vectors run over neighbouring windows.
 */
import {
  add,
  advance,
  at,
  convert,
  everySecond,
  load,
  mul,
  type Name,
  type PointerName,
  sub,
  type Tail,
  type Value,
} from "../../codegen/expressions.ts";
import type { ProgramBuilder } from "../../codegen/program.ts";
import type { RealVector } from "../operation.ts";
import { type Stretch, stretchOf, sweep } from "./sweep.ts";

/** Integers of one line of the table. */
export const windowIntegers = 3;

/** Neighbouring windows that vectors may run over: their width, and how far apart they begin. */
export interface Regular {
  readonly width: number;
  readonly stride: 1 | 2;
}

/** How far apart the elements of a window are. */
export interface Dilation {
  readonly y: number;
  readonly x: number;
}

export const poolIntegers = ["planes", "height", "width", "rows", "columns", "from", "to"] as const;

export interface PoolNames extends Readonly<Record<(typeof poolIntegers)[number], Name>> {
  /** A line for each row of the output, then one for each column. */
  readonly windows: PointerName;
}

/** Which windows of a span count, and which elements of the two vectors that windows two apart are picked from. */
export interface WindowTails {
  readonly windows: Tail;
  readonly low: Tail;
  readonly high: Tail;
}

/** Windows side by side in one row of the output: as many as the type has lanes, or as the tail says. */
export interface WindowSpan {
  readonly type: RealVector;
  readonly tails: WindowTails | undefined;
  /** The number of the first result. */
  readonly place: Name;
  readonly top: Name;
  readonly bottom: Name;
  /** First element and the one behind the last of the first window, within a row of the image. */
  readonly left: Name;
  readonly right: Name;
  /** Divisor of the average, as an element. */
  readonly divisor: () => Value;
}

/** Visits all windows of all planes: one by one, and `from` to `to` of each row by vectors where they are regular. */
export function overWindows(
  b: ProgramBuilder,
  p: PoolNames,
  type: RealVector,
  regular: boolean,
  visit: (span: WindowSpan, plane: Name) => void,
): void {
  const columnWindows = b.let("columnWindows", advance(p.windows, mul(p.rows, windowIntegers)));
  const stretch = regular ? stretchOf(b, sub(p.to, p.from), type) : undefined;
  const tailsOfRest = stretch && tailsOf(b, stretch, type);
  b.loop("n", 0, p.planes, {}, (n) => {
    const plane = b.let("plane", mul(n, mul(p.height, p.width)));
    b.loop("r", 0, p.rows, {}, (r) => {
      const line = b.let("line", mul(r, windowIntegers));
      const top = b.let("top", load(at(p.windows, line)));
      const bottom = b.let("bottom", load(at(p.windows, line, 1)));
      const before = b.let("before", mul(add(mul(n, p.rows), r), p.columns));
      const windowsAt = (c: Value, lanes: number, tails?: WindowTails): void => {
        const column = b.let("column", mul(c, windowIntegers));
        const divisor = (): Value =>
          convert(mul(load(at(p.windows, line, 2)), load(at(columnWindows, column, 2))), type.element);
        const left = b.let("left", load(at(columnWindows, column)));
        const right = b.let("right", load(at(columnWindows, column, 1)));
        const place = b.let("place", add(before, c));
        visit({ type: { ...type, lanes }, tails, place, top, bottom, left, right, divisor }, plane);
      };
      if (stretch) {
        b.loop("c", 0, p.from, {}, (c) => windowsAt(c, 1));
        sweep(b, stretch, 1, ({ index, lanes, tail }) =>
          windowsAt(add(p.from, index), lanes, tail && tailsOfRest),
        );
        b.loop("c", p.to, p.columns, {}, (c) => windowsAt(c, 1));
      } else {
        b.loop("c", 0, p.columns, {}, (c) => windowsAt(c, 1));
      }
    });
  });
}

function tailsOf(b: ProgramBuilder, { rest, tail }: Stretch, type: RealVector): WindowTails {
  const twice = b.let("twice", mul(rest, 2));
  return {
    windows: tail,
    low: b.tail("low", twice, type),
    high: b.tail("high", sub(twice, type.lanes), type),
  };
}

/** The images of a pooling layer, and how elements of a window are found in them. */
export interface Images {
  readonly width: Name;
  readonly regular: Regular | undefined;
  readonly dilation: Dilation;
}

/**
 * Visits the elements of the windows of a span, row by row and from left to right, each as a vector over the windows:
 * `row` is where its row begins in the image, `column` its place in that row for the first window.
 */
export function overElements(
  b: ProgramBuilder,
  { top, bottom, left, right, type, tails }: WindowSpan,
  image: PointerName,
  { width, regular, dilation }: Images,
  visit: (element: Value, row: Name, column: Value) => void,
): void {
  b.loop("h", top, bottom, { step: dilation.y }, (h) => {
    const row = b.let("row", mul(h, width));
    const line = b.let("line", advance(image, row));
    if (type.lanes === 1 || !regular) {
      b.loop("w", left, right, { step: dilation.x }, (w) => visit(load(at(line, w)), row, w));
      return;
    }
    const first = b.let("first", advance(line, left));
    for (let offset = 0; offset < regular.width; offset += regular.stride)
      for (const [i, element] of neighbours(b, first, offset, type, regular, tails).entries())
        visit(element, row, add(left, offset + i));
  });
}

/** Element `offset` of each window, and the one behind it where windows are two apart and have one. */
function neighbours(
  b: ProgramBuilder,
  first: PointerName,
  offset: number,
  { lanes }: RealVector,
  { width, stride }: Regular,
  tails: WindowTails | undefined,
): readonly Value[] {
  if (stride === 1) return [load(at(first, 0, offset), lanes, tails?.windows)];
  // The last of an odd number is taken with the one before it: nothing behind the window is read.
  const single = offset + 1 === width;
  const start = single ? offset - 1 : offset;
  const low = b.let("pairs", load(at(first, 0, start), lanes, tails?.low));
  const high = b.let("pairs", load(at(first, 0, start + lanes), lanes, tails?.high));
  const odd = everySecond("odd", low, high);
  return single ? [odd] : [everySecond("even", low, high), odd];
}
