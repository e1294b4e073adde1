/** What the programs of this room are made of: walks over a row, maxima that pass over NaN, and what all lanes agree on. */
import {
  add,
  and,
  at,
  convert,
  greater,
  interleave,
  less,
  load,
  type Name,
  type PointerName,
  select,
  splat,
  sub,
  type Tail,
  type Value,
  type VectorType,
} from "../../codegen/expressions.ts";
import type { ProgramBuilder } from "../../codegen/program.ts";
import type { RealElement } from "../../elementary/intervals.ts";

/** The smallest finite number: below every number of a row but -∞, and its difference with -∞ is no NaN. */
export const lowest: Readonly<Record<RealElement, number>> = {
  f32: -(2 ** 128 - 2 ** 104),
  f64: -Number.MAX_VALUE,
};

/** The end of a row that is no whole vector. */
export interface RowEnd {
  readonly tail: Tail;
  /** Chooses `inside` in the lanes that count, `outside` in the others. */
  readonly inRow: (inside: Value, outside: number) => Value;
}

/** How rows of n elements are walked: what is the same for each of them is computed once. */
export interface RowWalk {
  readonly n: Name;
  readonly type: VectorType;
  /** Elements in whole vectors. */
  readonly whole: Name;
  readonly end: RowEnd | undefined;
}

/** `laneNumbers` points to 0, 1, 2 … as numbers of the element type, one for each lane. */
export function rowWalk(
  b: ProgramBuilder,
  {
    n,
    laneNumbers,
    type,
  }: { readonly n: Name; readonly laneNumbers: PointerName; readonly type: VectorType },
): RowWalk {
  const { lanes } = type;
  const whole = b.let("whole", and(n, -lanes));
  if (lanes === 1) return { n, type, whole, end: undefined };
  const count = b.let("count", sub(n, whole));
  const tail = b.tail("tail", count, type);
  const numbers = b.let("numbers", load(at(laneNumbers), lanes));
  const limit = b.let("limit", splat(convert(count, type.element), lanes));
  const inRow = (inside: Value, outside: number): Value => select(less(numbers, limit), inside, outside);
  return { n, type, whole, end: { tail, inRow } };
}

/**
 * Calls `body` for groups of vectors that cover a row: as many whole groups of `group` vectors as there are, then single
 * vectors, then the rest, if there is one. `copies` are the indexes of the group's vectors.
 */
export function eachVector(
  b: ProgramBuilder,
  { n, type, whole, end }: RowWalk,
  group: number,
  body: (copies: readonly Value[], end?: RowEnd) => void,
): void {
  const { lanes } = type;
  const grouped = group > 1 ? b.let("grouped", and(n, -lanes * group)) : 0;
  if (group > 1)
    b.loop("i", 0, grouped, { step: lanes * group }, (i) =>
      body(Array.from({ length: group }, (_, copy) => add(i, copy * lanes))),
    );
  b.loop("i", grouped, whole, { step: lanes }, (i) => body([i]));
  if (end) b.if(less(whole, n), () => body([whole], end));
}

/** The larger one in each lane; a NaN on the right is passed over, for the sum will find it. */
export function larger(left: Name, right: Name): Value {
  return select(greater(right, left), right, left);
}

/** The largest lane in every lane: halves are interleaved with themselves until all lanes have met. */
export function largestOfAll(b: ProgramBuilder, v: Name): Name {
  let largest = v;
  for (let met = 1; met < v.type.lanes; met *= 2) {
    const low = b.let("low", interleave("low", largest, largest));
    const high = b.let("high", interleave("high", largest, largest));
    largest = b.let("largest", larger(low, high));
  }
  return largest;
}
