/**
 * A tile of C held in registers while k runs: MR x NR multiply-adds for MR + NR loads, so that a larger tile loads
 * less for the same work. Operands are read where they lie (no packing); rests are done by smaller tiles.
 */
import {
  type Address,
  add,
  advance,
  at,
  broadcast,
  constant,
  load,
  mul,
  multiplyAdd,
  type Name,
  type PointerName,
  remainder,
  splat,
  sub,
  type Value,
} from "../../codegen/expressions.ts";
import type { ProgramBuilder } from "../../codegen/program.ts";
import type { Program } from "../../codegen/statements.ts";
import type { Real } from "../arguments.ts";
import { type ProductParameters, productProgram } from "./product.ts";

/** Rows and columns of a tile of C; columns are a multiple of `lanes`. */
export interface Tile {
  readonly mr: number;
  readonly nr: number;
  readonly lanes: number;
}

/** C += alpha A B by register tiles of `tile`. */
export function registerTileProgram(name: string, tile: Tile, element: Real): Program {
  return productProgram(name, element, (b, p) => {
    const rows = stripes("i", p.m, tile.mr);
    const columns = stripes("j", p.n, tile.nr);
    for (const row of rows(b))
      b.loop("i", row.from, row.to, { step: row.step }, (i) => {
        for (const column of columns(b))
          b.loop("j", column.from, column.to, { step: column.step }, (j) =>
            registerTile(b, p, i, j, {
              mr: row.step,
              nr: column.step,
              lanes: column.step === tile.nr ? tile.lanes : 1,
            }),
          );
      });
  });
}

/** The range that whole tiles cover, and the rest one by one. */
function stripes(name: string, length: Name, step: number) {
  return (b: ProgramBuilder): { from: Value | number; to: Value; step: number }[] => {
    if (step === 1) return [{ from: 0, to: length, step }];
    const whole = b.let(`${name}Whole`, sub(length, remainder(length, step)));
    return [
      { from: 0, to: whole, step },
      { from: whole, to: length, step: 1 },
    ];
  };
}

function registerTile(b: ProgramBuilder, p: ProductParameters, i: Value, j: Value, tile: Tile): void {
  const { mr, nr, lanes } = tile;
  const type = { element: p.c.element, lanes };
  const vectors = nr / lanes;
  const firstA = b.let("aTile", advance(p.a, mul(i, p.lda)));
  const rowsA = Array.from({ length: mr }, (_, r) => b.let(`a${r}`, advance(firstA, mul(p.lda, r))));
  const rowB = b.variable("bRow", advance(p.b, j));
  const sums = Array.from({ length: mr }, (_, r) =>
    Array.from({ length: vectors }, (_, v) => b.variable(`c${r}v${v}`, constant(0, type))),
  );
  b.loop("k", 0, p.k, {}, (k) => {
    const row = Array.from({ length: vectors }, (_, v) =>
      b.let(`b${v}`, load(at(rowB, 0, v * lanes), lanes)),
    );
    for (const [r, pointer] of rowsA.entries()) {
      const a = b.let(`a${r}k`, broadcast(at(pointer, k), lanes));
      for (const [v, vector] of row.entries()) {
        const sum = sums[r]?.[v] as Name;
        b.set(sum, multiplyAdd(a, vector, sum));
      }
    }
    b.set(rowB, advance(rowB, p.ldb));
  });
  const firstC = b.let("cTile", advance(p.c, add(mul(i, p.ldc), j)));
  const alpha = b.let("alphaLanes", splat(p.alpha, lanes));
  addTile(b, firstC, p.ldc, alpha, sums, lanes);
}

/** C += alpha * sums, row by row. */
export function addTile(
  b: ProgramBuilder,
  firstC: PointerName,
  ldc: Name,
  alpha: Name,
  sums: readonly (readonly Name[])[],
  lanes: number,
): void {
  for (const [r, row] of sums.entries()) {
    const rowC = b.let(`row${r}`, advance(firstC, mul(ldc, r)));
    for (const [v, sum] of row.entries()) {
      const place = (): Address => at(rowC, 0, v * lanes);
      b.store(place(), multiplyAdd(alpha, sum, load(place(), lanes)));
    }
  }
}
