/**
 * From sums in registers to C: a whole tile by vectors; one at the border of C by the rows and lanes that it has, either
 * under masks (machine code) or by way of a buffer (WebAssembly and JavaScript have no masks).
 */
import {
  type Address,
  add,
  advance,
  at,
  greater,
  load,
  min,
  mul,
  multiplyAdd,
  type Name,
  notEqual,
  type PointerName,
  splat,
  sub,
  type Tail,
  type Value,
} from "../../codegen/expressions.ts";
import type { ProgramBuilder } from "../../codegen/program.ts";
import type { Tile } from "./register-tile.ts";

/** How tiles at the border are written. */
export type Edges = "masks" | "buffer";

export interface Destination {
  readonly firstC: PointerName;
  readonly ldc: Name;
  /** Elements from one column to the next; absent where rows are contiguous. */
  readonly csc?: Name | undefined;
  readonly alpha: Name;
  /** i32: not 0 where C is overwritten, 0 where the product is added. */
  readonly overwrite: Name;
  /** Room for one tile; `buffer` only. */
  readonly edge: PointerName;
  /** What is left of the block; tiles inside have more than they need. */
  readonly rows: Name;
  readonly columns: Name;
}

type Sums = readonly (readonly Name[])[];

/** C = alpha * sums, or added to it, row by row; `tailOf` says which lanes of the v-th vector there are. */
export function writeRows(
  b: ProgramBuilder,
  lanes: number,
  sums: Sums,
  to: Pick<Destination, "firstC" | "ldc" | "alpha" | "overwrite">,
  tailOf: (v: number) => Tail | undefined = () => undefined,
): void {
  const alpha = b.let("alphaLanes", splat(to.alpha, lanes));
  const everyRow = (value: (sum: Name, place: () => Address, tail: Tail | undefined) => Value): void => {
    const rowC = b.variable("rowC", to.firstC);
    for (const [r, row] of sums.entries()) {
      for (const [v, sum] of row.entries()) {
        const place = (): Address => at(rowC, 0, v * lanes);
        b.store(place(), value(sum, place, tailOf(v)), tailOf(v));
      }
      if (r + 1 < sums.length) b.set(rowC, advance(rowC, to.ldc));
    }
  };
  b.if(
    notEqual(to.overwrite, 0),
    () => everyRow((sum) => mul(alpha, sum)),
    () => everyRow((sum, place, tail) => multiplyAdd(alpha, sum, load(place(), lanes, tail))),
  );
}

/** A tile that reaches over the border: the rows that there are, and in each the lanes that there are. */
export function writeMaskedTile(b: ProgramBuilder, { lanes }: Tile, sums: Sums, to: Destination): void {
  // Scaled first, so that alpha's register is free: on AVX2 the masks take two of sixteen.
  const alpha = b.let("alphaLanes", splat(to.alpha, lanes));
  for (const sum of sums.flat()) b.set(sum, mul(alpha, sum));
  const type = { element: to.firstC.element, lanes };
  const tails = (sums[0] ?? []).map((_, v) => b.tail("tail", sub(to.columns, v * lanes), type));
  const everyRow = (value: (sum: Name, place: () => Address, tail: Tail) => Value): void => {
    const rowC = b.variable("rowC", to.firstC);
    for (const [r, row] of sums.entries())
      b.if(greater(to.rows, r), () => {
        for (const [v, sum] of row.entries()) {
          const tail = tails[v] as Tail;
          const place = (): Address => at(rowC, 0, v * lanes);
          b.store(place(), value(sum, place, tail), tail);
        }
        b.set(rowC, advance(rowC, to.ldc));
      });
  };
  b.if(
    notEqual(to.overwrite, 0),
    () => everyRow((sum) => sum),
    () => everyRow((sum, place, tail) => add(sum, load(place(), lanes, tail))),
  );
}

/** Writes the whole tile to the edge buffer, then the part of it that belongs to C, one element at a time. */
export function writeBufferedTile(
  b: ProgramBuilder,
  { mr, nr, lanes }: Tile,
  sums: Sums,
  to: Destination,
): void {
  for (const [r, row] of sums.entries())
    for (const [v, sum] of row.entries()) b.store(at(to.edge, 0, r * nr + v * lanes), sum);
  const rows = b.let("rows", min(to.rows, mr));
  const columns = b.let("columns", min(to.columns, nr));
  b.loop("i", 0, rows, {}, (i) => {
    const rowC = b.let("rowC", advance(to.firstC, mul(i, to.ldc)));
    const rowEdge = b.let("rowEdge", advance(to.edge, mul(i, nr)));
    const place = (j: Value): Address => at(rowC, to.csc ? mul(j, to.csc) : j);
    b.if(
      notEqual(to.overwrite, 0),
      () => b.loop("j", 0, columns, {}, (j) => b.store(place(j), mul(to.alpha, load(at(rowEdge, j))))),
      () =>
        b.loop("j", 0, columns, {}, (j) =>
          b.store(place(j), multiplyAdd(to.alpha, load(at(rowEdge, j)), load(place(j)))),
        ),
    );
  });
}
