/**
 * Products for a head whose scores all lie in the cache, with nothing packed but queries and gradients of the output: rows
 * of keys and values are read where they lie. Scores, shares and their gradients are [panel][key][query of the panel]; so
 * they are the broadcast factor of a sum over keys and of one over queries alike, and both leave rows.
 *
 * Every size and stride is a constant of the program, so that the rows of a tile are offsets from one pointer.
 */
import {
  add,
  advance,
  and,
  at,
  broadcast,
  constant,
  load,
  min,
  mul,
  multiplyAdd,
  type Name,
  type PointerName,
  splat,
  type Value,
} from "../../codegen/expressions.ts";
import { type ProgramBuilder, program } from "../../codegen/program.ts";
import { kUnroll } from "../../gemm/programs/micro-kernel.ts";
import type { NamedProgram } from "../../nn/operation.ts";
import { declare } from "../../nn/programs/parameters.ts";
import type { AttentionTiles } from "../tiles.ts";

/** What all programs of one head agree on. */
export interface WholeHead {
  readonly tiles: AttentionTiles;
  readonly queries: number;
  readonly keys: number;
  /** Keys of a register tile; at most `keys`. */
  readonly keyRows: number;
  /** Queries of a register tile; they divide a panel, and `queries`. */
  readonly queryRows: number;
}

/** Rows of an operand: elements of one, and elements from one to the next. */
export interface Rows {
  readonly elements: number;
  readonly stride: number;
}

export const panelsOf = ({ queries, tiles }: WholeHead): number => Math.ceil(queries / tiles.queries);

/** Elements of scores from one panel to the next. */
export const panelLength = ({ keys, tiles }: WholeHead): number => keys * tiles.queries;

export const headText = ({ tiles, queries, keys, keyRows, queryRows }: WholeHead): string =>
  `${tiles.queries}-${queries}x${keys}-by-${queryRows}x${keyRows}`;

/** `(factor, rows, packed, to)`: scores of all pairs: rows of keys by packed panels of queries, times the factor. */
export const pairScores = (head: WholeHead, { elements, stride }: Rows): NamedProgram => ({
  name: `attention-pairs-${headText(head)}-${elements}-of-${stride}`,
  write: (name, type) =>
    program(name, (b) => {
      const { tiles, keys, keyRows } = head;
      const factor = b.scalar("factor", type.element);
      const p = declare(b, type.element, { integers: [], pointers: ["rows", "packed", "to"] });
      const factors = b.let("factors", splat(factor, tiles.lanes));
      b.loop("panel", 0, panelsOf(head), {}, (panel) =>
        eachTile(b, keys, keyRows, (key) => {
          const sums = sumsOfTile(b, p.rows, tiles, keyRows, tiles.queries);
          accumulate(b, sums, elements, {
            factors: b.variable("row", advance(p.rows, mul(key, stride))),
            ...{ row: stride, step: 1 },
            across: b.variable("mine", advance(p.packed, mul(panel, elements * tiles.queries))),
            length: tiles.queries,
          });
          const to = b.let("tile", advance(p.to, placeOf(head, panel, key)));
          eachVector(sums, tiles, (sum, r, offset) =>
            b.store(at(to, 0, r * tiles.queries + offset), mul(sum, factors)),
          );
        }),
      );
    }),
});

/** `(pairs, rows, to)`: for each key the sum over queries of what a pair says times the query's row. */
export const sumOverQueries = (head: WholeHead, from: Rows, toStride: number): NamedProgram => ({
  name: `attention-over-queries-${headText(head)}-${from.elements}-of-${from.stride}-to-${toStride}`,
  write: (name, type) =>
    program(name, (b) => {
      const { tiles, queries, keys, keyRows } = head;
      const p = declare(b, type.element, { integers: [], pointers: ["pairs", "rows", "to"] });
      const [whole, rest] = [Math.floor(queries / tiles.queries), queries % tiles.queries];
      eachColumn(b, tiles, from.elements, (column, wide) =>
        eachTile(b, keys, keyRows, (key) => {
          const sums = sumsOfTile(b, p.rows, tiles, keyRows, wide);
          const across = b.variable("across", advance(p.rows, column));
          const ofPanel = (panel: Value, steps: number): void =>
            accumulate(b, sums, steps, {
              factors: b.variable("shares", advance(p.pairs, placeOf(head, panel, key))),
              ...{ row: tiles.queries, step: 1, across, length: from.stride },
            });
          b.loop("panel", 0, whole, {}, (panel) => ofPanel(panel, tiles.queries));
          if (rest > 0) ofPanel(constant(whole), rest);
          const to = b.let("tile", advance(p.to, add(mul(key, toStride), column)));
          eachVector(sums, tiles, (sum, r, offset) => b.store(at(to, 0, r * toStride + offset), sum));
        }),
      );
    }),
});

/** `(pairs, rows, to, [factors])`: for each query the sum over keys of what a pair says times the key's row, times a factor. */
export const sumOverKeys = (
  head: WholeHead,
  from: Rows,
  toStride: number,
  scaled: boolean,
): NamedProgram => ({
  name: `attention-over-keys-${headText(head)}-${from.elements}-of-${from.stride}-to-${toStride}${scaled ? "-scaled" : ""}`,
  write: (name, type) =>
    program(name, (b) => {
      const { tiles, queries, keys, queryRows } = head;
      const p = declare(b, type.element, {
        ...{ integers: [], pointers: ["pairs", "rows", "to"] },
        optional: { factors: scaled },
      });
      eachColumn(b, tiles, from.elements, (column, wide) =>
        b.loop("query", 0, queries, { step: queryRows }, (query) => {
          const sums = sumsOfTile(b, p.rows, tiles, queryRows, wide);
          // Queries of a panel lie side by side, panels one after the other: whole panels before, and the place in this one.
          accumulate(b, sums, keys, {
            factors: b.variable("shares", advance(p.pairs, placeOfQuery(head, query))),
            ...{ row: 1, step: tiles.queries },
            ...{ across: b.variable("across", advance(p.rows, column)), length: from.stride },
          });
          const to = b.let("tile", advance(p.to, add(mul(query, toStride), column)));
          const factors = p.factors;
          const scales =
            factors && sums.map((_, r) => b.let("scaledBy", broadcast(at(factors, query, r), tiles.lanes)));
          eachVector(sums, tiles, (sum, r, offset) => {
            const scale = scales?.[r];
            b.store(at(to, 0, r * toStride + offset), scale ? mul(sum, scale) : sum);
          });
        }),
      );
    }),
});

const placeOf = (head: WholeHead, panel: Value, key: Value): Value =>
  add(mul(panel, panelLength(head)), mul(key, head.tiles.queries));

/** Panels are a power of two wide. */
function placeOfQuery(head: WholeHead, query: Value): Value {
  const { queries } = head.tiles;
  const within = and(query, queries - 1);
  return add(mul(and(query, -queries), head.keys), within);
}

/** Tiles that cover all rows; the last one may go over some of the one before again, with the same result. */
function eachTile(b: ProgramBuilder, all: number, rows: number, visit: (first: Value) => void): void {
  b.loop("key", 0, all, { step: rows }, (key) =>
    visit(all % rows === 0 ? key : b.let("first", min(key, all - rows))),
  );
}

/** Columns by pairs of vectors, or one by one where they make no pairs. */
function eachColumn(
  b: ProgramBuilder,
  { lanes }: AttentionTiles,
  elements: number,
  visit: (column: Value, wide: number) => void,
): void {
  const wide = elements % (2 * lanes) === 0 ? 2 * lanes : lanes;
  b.loop("column", 0, elements, { step: wide }, (column) => visit(column, wide));
}

type Sums = readonly (readonly Name[])[];

function sumsOfTile(
  b: ProgramBuilder,
  { element }: PointerName,
  { lanes }: AttentionTiles,
  rows: number,
  wide: number,
): Sums {
  const zero = constant(0, { element, lanes });
  return Array.from({ length: rows }, () =>
    Array.from({ length: wide / lanes }, () => b.variable("sum", zero)),
  );
}

interface Walk {
  /** A variable: the factor of the first row in the first step; `row` elements to the next row, `step` to the next step. */
  readonly factors: PointerName;
  readonly row: number;
  readonly step: number;
  /** A variable: the vectors of the first step, `length` elements to those of the next. */
  readonly across: PointerName;
  readonly length: number;
}

/** Adds so many steps to the sums of a tile. */
function accumulate(b: ProgramBuilder, sums: Sums, steps: number, walk: Walk): void {
  const { factors, row, step, across, length } = walk;
  const unroll = steps % kUnroll === 0 ? kUnroll : 1;
  const [first] = sums as [readonly [Name, ...Name[]]];
  b.loop("step", 0, steps, { step: unroll }, () => {
    for (let copy = 0; copy < unroll; copy++) {
      const vectors = first.map(({ type: { lanes } }, v) =>
        b.let("vector", load(at(across, 0, copy * length + v * lanes), lanes)),
      );
      for (const [r, of] of sums.entries()) {
        const factor = b.let("factor", broadcast(at(factors, 0, copy * step + r * row), first[0].type.lanes));
        for (const [v, sum] of of.entries()) b.set(sum, multiplyAdd(factor, vectors[v] as Name, sum));
      }
    }
    b.set(factors, advance(factors, unroll * step));
    b.set(across, advance(across, unroll * length));
  });
}

function eachVector(
  sums: Sums,
  { lanes }: AttentionTiles,
  visit: (sum: Name, row: number, offset: number) => void,
): void {
  for (const [r, of] of sums.entries()) for (const [v, sum] of of.entries()) visit(sum, r, v * lanes);
}
