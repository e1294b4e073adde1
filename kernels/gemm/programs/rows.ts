/**
 * Several rows of a matrix walked at once. Every fourth row has a pointer of its own and the three behind it are one to
 * three strides away, which an address can hold: general registers are fewer than the rows of a tile.
 */
import {
  type Address,
  advance,
  at,
  mul,
  type Name,
  type Pointer,
  type PointerName,
} from "../../codegen/expressions.ts";
import type { ProgramBuilder } from "../../codegen/program.ts";

/** One, two and three times a stride; made once, outside of the loops. */
export type Multiples = readonly [Name, Name, Name];

/** Names the multiples of a stride. */
export function multiplesOf(b: ProgramBuilder, name: string, stride: Name): Multiples {
  const [one, two, three] = [1, 2, 3].map((times) => b.let(`${name}${times}`, mul(stride, times)));
  return [one as Name, two as Name, three as Name];
}

export interface WalkingRows {
  /** Element `offset` of row r, from where the rows stand. */
  place(r: number, offset?: number): Address;
  /** Moves every row on by so many elements. */
  walk(elements: number): void;
}

/** Pointers to `count` rows, the first at `first`, each `multiples[0]` elements behind the one before. */
export function walkingRows(
  b: ProgramBuilder,
  first: Pointer,
  multiples: Multiples,
  count: number,
): WalkingRows {
  const [stride] = multiples;
  const pointers: PointerName[] = [];
  for (let r = 0; r < count; r += 4) {
    const before = pointers.at(-1);
    pointers.push(b.variable("row", before ? advance(before, mul(stride, 4)) : first));
  }
  return {
    place: (r, offset = 0) => {
      const pointer = pointers[r >> 2] as PointerName;
      return r % 4 === 0 ? at(pointer, 0, offset) : at(pointer, multiples[(r % 4) - 1] as Name, offset);
    },
    walk: (elements) => {
      for (const pointer of pointers) b.set(pointer, advance(pointer, elements));
    },
  };
}
