/**
 * A matrix applied to both directions of a square tile, M X M^T, one vector of lanes an element: columns first, by way of
 * a buffer, because the 36 vectors of a tile are more than any register file holds.
 */
import { at, load, type Name, type PointerName, type Value } from "../../codegen/expressions.ts";
import type { ProgramBuilder } from "../../codegen/program.ts";
import { linearMap, type Matrix } from "./linear-map.ts";

export interface SeparableMap {
  readonly matrix: Matrix;
  readonly lanes: number;
  /** Room for rows x columns of the matrix, each a vector. */
  readonly buffer: PointerName;
  /** The input at row i, column j. */
  load(i: number, j: number): Value;
  /** Takes the result at row i, column j. */
  store(i: number, j: number, value: Name): void;
}

/** Vectors that the buffer has room for. */
export const bufferVectors = (matrix: Matrix): number => matrix.length * (matrix[0]?.length ?? 0);

/** M X M^T for one tile in every lane. */
export function mapTile(b: ProgramBuilder, map: SeparableMap): void {
  const { matrix, lanes, buffer } = map;
  const side = matrix[0]?.length ?? 0;
  const type = { element: buffer.element, lanes };
  const place = (i: number, j: number) => at(buffer, 0, (i * side + j) * lanes);
  for (let j = 0; j < side; j++) {
    const column = Array.from({ length: side }, (_, i) => b.let("value", map.load(i, j)));
    for (const [i, value] of linearMap(b, matrix, column, type).entries()) b.store(place(i, j), value);
  }
  for (let i = 0; i < matrix.length; i++) {
    const row = Array.from({ length: side }, (_, j) => b.let("value", load(place(i, j), lanes)));
    for (const [j, value] of linearMap(b, matrix, row, type).entries()) map.store(i, j, value);
  }
}
