/**
 * The register tile of this room: GEMM's micro-kernel on packed keys (rows) and packed queries (lanes), and what every
 * program here says about a panel of queries.
 */
import {
  advance,
  at,
  load,
  mul,
  type Name,
  type PointerName,
  type Value,
} from "../../codegen/expressions.ts";
import type { ProgramBuilder } from "../../codegen/program.ts";
import { kUnroll, microKernel } from "../../gemm/programs/micro-kernel.ts";
import type { RealVector } from "../../nn/operation.ts";
import type { AttentionTiles } from "../tiles.ts";

/** Tile sizes with the vectors that programs are written for. */
export interface Tiled {
  readonly type: RealVector;
  readonly tiles: AttentionTiles;
}

/** Vectors of a panel of queries. */
export const vectorsOf = ({ tiles }: Tiled): number => tiles.queries / tiles.lanes;

/** One row of a panel, vector by vector. */
export function eachLane(tiled: Tiled, visit: (v: number, offset: number) => void): void {
  for (let v = 0; v < vectorsOf(tiled); v++) visit(v, v * tiled.tiles.lanes);
}

export interface Product {
  /** Rows of a tile. */
  readonly rows: number;
  /** Packed panels of `rows`, step by step. */
  readonly a: PointerName;
  /** A packed panel of queries. */
  readonly panel: PointerName;
  readonly depth: Name;
}

/** The sums of one tile, by row and by vector. */
export function tileSums(b: ProgramBuilder, tiled: Tiled, { rows, a, panel, depth }: Product): Name[][] {
  const { queries, lanes } = tiled.tiles;
  const walking = b.variable("ap", a);
  const across = b.variable("bp", panel);
  return microKernel(b, { mr: rows, nr: queries, lanes }, walking, across, depth, {
    unroll: kUnroll,
    ahead: 0,
  });
}

/** Hands each vector of a tile on, with its place in rows of one panel's width. */
export function eachSum(
  { tiles }: Tiled,
  sums: readonly (readonly Name[])[],
  visit: (sum: Name, offset: number, v: number) => void,
): void {
  for (const [r, row] of sums.entries())
    for (const [v, sum] of row.entries()) visit(sum, r * tiles.queries + v * tiles.lanes, v);
}

/** The vectors of a row of a panel. */
export const rowOf = (
  b: ProgramBuilder,
  name: string,
  tiled: Tiled,
  pointer: PointerName,
  index: Value | number = 0,
): Name[] => {
  const found: Name[] = [];
  eachLane(tiled, (_, offset) =>
    found.push(b.let(name, load(at(pointer, index, offset), tiled.tiles.lanes))),
  );
  return found;
};

/** A pointer moved on by whole rows of a panel. */
export const rowAfter = (
  b: ProgramBuilder,
  name: string,
  tiled: Tiled,
  pointer: PointerName,
  rows: Value,
): PointerName => b.let(name, advance(pointer, mul(rows, tiled.tiles.queries)));
