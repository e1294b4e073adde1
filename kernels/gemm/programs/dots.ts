/**
 * A product with few columns, as dot products: vectors run along k, so that all lanes work however narrow C is.
 */
import {
  add,
  advance,
  and,
  at,
  constant,
  greater,
  load,
  mul,
  multiplyAdd,
  type Name,
  notEqual,
  type PointerName,
  remainder,
  sub,
  sum,
  type Tail,
  type Value,
} from "../../codegen/expressions.ts";
import { type ProgramBuilder, program } from "../../codegen/program.ts";
import type { Program } from "../../codegen/statements.ts";
import type { Real } from "../arguments.ts";
import { type Multiples, multiplesOf, walkingRows } from "./rows.ts";

/** Rows of A that are multiplied at once, columns of C (all of them), lanes. */
export interface DotTile {
  readonly rows: number;
  readonly columns: number;
  readonly lanes: number;
}

interface Parameters {
  readonly m: Name;
  readonly k: Name;
  readonly alpha: Name;
  readonly overwrite: Name;
  readonly a: PointerName;
  readonly lda: Name;
  readonly panels: PointerName;
  readonly c: PointerName;
  readonly ldc: Name;
  readonly multiples: Multiples;
}

/**
 * Parameters `(m, k, alpha, overwrite, a, lda, panels, c, ldc)`: C = alpha A B for a B of `columns` columns, added to C
 * where `overwrite` is 0. `panels` holds B as packing leaves it with k as the length, panels as wide as a vector: for
 * each stretch of `lanes` steps of k one vector a column, the last stretch filled up with zeros.
 */
export function dotsProgram(tile: DotTile, element: Real): Program {
  return program(`dots-${tile.rows}x${tile.columns}-${element}`, (b) => {
    const given = {
      m: b.integer("m"),
      k: b.integer("k"),
      alpha: b.scalar("alpha", element),
      overwrite: b.integer("overwrite"),
      a: b.pointer("a", element),
      lda: b.integer("lda"),
      panels: b.pointer("panels", element),
      c: b.pointer("c", element),
      ldc: b.integer("ldc"),
    };
    const p: Parameters = { ...given, multiples: multiplesOf(b, "lda", given.lda) };
    const whole = b.let("whole", sub(p.m, remainder(p.m, tile.rows)));
    b.loop("i", 0, whole, { step: tile.rows }, (i) => group(b, p, i, tile));
    if (tile.rows > 1) b.loop("i", whole, p.m, {}, (i) => group(b, p, i, { ...tile, rows: 1 }));
  });
}

/** Every dot product of some rows of A with all columns of B. */
function group(b: ProgramBuilder, p: Parameters, i: Value, { rows, columns, lanes }: DotTile): void {
  const type = { element: p.c.element, lanes };
  const rowsOfA = walkingRows(b, advance(p.a, mul(i, p.lda)), p.multiples, rows);
  const panel = b.variable("panel", p.panels);
  const sums = Array.from({ length: rows }, () =>
    Array.from({ length: columns }, () => b.variable("s", constant(0, type))),
  );
  const step = (tail?: Tail): void => {
    const loaded = Array.from({ length: rows }, (_, r) => b.let("ak", load(rowsOfA.place(r), lanes, tail)));
    for (let j = 0; j < columns; j++) {
      const column = b.let("bk", load(at(panel, 0, j * lanes), lanes));
      for (const [r, row] of sums.entries()) {
        const partial = row[j] as Name;
        b.set(partial, multiplyAdd(loaded[r] as Name, column, partial));
      }
    }
    rowsOfA.walk(lanes);
    b.set(panel, advance(panel, columns * lanes));
  };
  const whole = b.let("kWhole", and(p.k, -lanes));
  b.loop("p", 0, whole, { step: lanes }, () => step());
  const rest = b.let("kRest", sub(p.k, whole));
  b.if(greater(rest, 0), () => step(b.tail("tail", rest, type)));
  write(b, p, i, sums);
}

function write(b: ProgramBuilder, p: Parameters, i: Value, sums: readonly (readonly Name[])[]): void {
  const rowC = b.variable("rowC", advance(p.c, mul(i, p.ldc)));
  for (const row of sums) {
    for (const [j, partial] of row.entries()) {
      const total = b.let("total", mul(p.alpha, sum(partial)));
      b.if(
        notEqual(p.overwrite, 0),
        () => b.store(at(rowC, 0, j), total),
        () => b.store(at(rowC, 0, j), add(total, load(at(rowC, 0, j)))),
      );
    }
    b.set(rowC, advance(rowC, p.ldc));
  }
}
