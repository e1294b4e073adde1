/**
 * A matrix product generated for one size: every bound and stride is a constant of the code, the right operand is read
 * where it lies or from panels that were packed when the graph was compiled, and what follows the product is done on the
 * sums before they are written. Register tiles as in ../../gemm/programs/direct.ts; rows of A are taken in blocks that
 * stay in the second-level cache while panels of B pass.
 */
import {
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
  type Tail,
  type Value,
} from "../../codegen/expressions.ts";
import { type ProgramBuilder, program } from "../../codegen/program.ts";
import type { Program } from "../../codegen/statements.ts";
import type { Expression } from "../expression.ts";
import { emitExpression, isLight } from "./functions.ts";

/** Rows of a register tile, and vectors in each. */
export interface ProductTile {
  readonly rows: number;
  readonly vectors: number;
  readonly lanes: number;
}

/** How far apart elements of an operand lie, in elements, from row to row and from column to column. */
export interface Steps {
  readonly row: number;
  readonly column: number;
}

export interface ProductSpecification {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  /** Where it lies, or panels of `tile` rows, packed by `packRows`. */
  readonly a: Steps | "panels";
  /** Panels of `tile` columns, packed by `packPanels`; or rows of so many elements, read where they lie. */
  readonly b: "panels" | { readonly row: number };
  /** The products, all of this size; two or more are a loop over their common distance. */
  readonly count: number;
  readonly distance: {
    readonly a: number;
    readonly b: number;
    readonly c: number;
    readonly extra: readonly number[];
  };
  readonly tile: ProductTile;
  /** Bytes of A that stay in the second-level cache while panels of B pass. */
  readonly blockBytes: number;
  /** Operand 0 is the sum; for each of the others, how it lies beside C: a column step of 0 or 1. */
  readonly epilogue?: { readonly expression: Expression; readonly operands: readonly Steps[] };
}

/** Parameters `(a, b, c, e1, e2 …)`: C = epilogue(A B). C and the epilogue's operands must not overlap A or B. */
export function productProgram(s: ProductSpecification): Program {
  return program(`product-${s.m}x${s.n}x${s.k}`, (b) => {
    const pointers = {
      a: b.pointer("a", "f32"),
      b: b.pointer("b", "f32"),
      c: b.pointer("c", "f32"),
      extra: (s.epilogue?.operands ?? []).map((_, at) => b.pointer(`e${at + 1}`, "f32")),
    };
    if (s.count === 1) everyBlock(b, s, pointers);
    else
      b.loop("item", 0, s.count, {}, (item) => {
        const moved = (pointer: PointerName, by: number): PointerName =>
          by === 0 ? pointer : b.let("own", advance(pointer, mul(item, by)));
        everyBlock(b, s, {
          a: moved(pointers.a, s.distance.a),
          b: moved(pointers.b, s.distance.b),
          c: moved(pointers.c, s.distance.c),
          extra: pointers.extra.map((pointer, at) => moved(pointer, s.distance.extra[at] as number)),
        });
      });
  });
}

interface Pointers {
  readonly a: PointerName;
  readonly b: PointerName;
  readonly c: PointerName;
  readonly extra: readonly PointerName[];
}

function everyBlock(b: ProgramBuilder, s: ProductSpecification, pointers: Pointers): void {
  const { rows } = s.tile;
  const blocks = Math.ceil((4 * s.m * s.k) / s.blockBytes);
  // Blocks of one size, in whole tiles: a small last one would read all of B for a few rows.
  const size = Math.max(1, Math.ceil(s.m / blocks / rows)) * rows;
  if (size >= s.m) {
    everyPanel(b, s, pointers, 0, s.m);
    return;
  }
  const whole = s.m - (s.m % size);
  b.loop("block", 0, whole, { step: size }, (first) => everyPanel(b, s, pointers, first, size));
  if (whole < s.m) everyPanel(b, s, pointers, whole, s.m - whole);
}

/** All columns of so many rows. */
function everyPanel(
  b: ProgramBuilder,
  s: ProductSpecification,
  p: Pointers,
  first: Value | number,
  rows: number,
): void {
  const { vectors, lanes } = s.tile;
  const width = vectors * lanes;
  const whole = s.n - (s.n % width);
  b.loop("j", 0, whole, { step: width }, (j) =>
    everyTile(b, s, p, { first, rows, j, vectors, tail: undefined }),
  );
  const left = s.n - whole;
  if (left === 0) return;
  const used = Math.ceil(left / lanes);
  const masked = left % lanes !== 0;
  const tail = masked ? b.tail("edge", constant(left % lanes), { element: "f32", lanes }) : undefined;
  everyTile(b, s, p, { first, rows, j: constant(whole), vectors: used, tail });
}

/** A stripe of columns under so many rows. */
interface Stripe {
  readonly first: Value | number;
  readonly rows: number;
  readonly j: Value;
  readonly vectors: number;
  readonly tail: Tail | undefined;
}

function everyTile(b: ProgramBuilder, s: ProductSpecification, p: Pointers, stripe: Stripe): void {
  const { tile } = s;
  const whole = stripe.rows - (stripe.rows % tile.rows);
  const row = (i: Value | number): Value => add(stripe.first, i);
  b.loop("i", 0, whole, { step: tile.rows }, (i) => writeTile(b, s, p, stripe, row(i), tile.rows));
  if (whole < stripe.rows) writeTile(b, s, p, stripe, row(whole), stripe.rows - whole);
}

/** Multiply-adds of a step of k below which several steps stand in a row, so that counting does not limit them. */
const enough = 12;

function writeTile(
  b: ProgramBuilder,
  s: ProductSpecification,
  p: Pointers,
  stripe: Stripe,
  i: Value,
  rows: number,
): void {
  const { lanes } = s.tile;
  const sums = Array.from({ length: rows }, (_, r) =>
    Array.from({ length: stripe.vectors }, (_, v) =>
      b.variable(`c${r}v${v}`, constant(0, { element: "f32", lanes })),
    ),
  );
  sumUp(b, s, p, stripe, i, sums);
  const tailOf = (v: number): Tail | undefined => (v === stripe.vectors - 1 ? stripe.tail : undefined);
  const c = b.let("cTile", advance(p.c, add(mul(i, s.n), stripe.j)));
  const { epilogue } = s;
  const light = !epilogue || isLight(epilogue.expression);
  const extra = (epilogue?.operands ?? []).map(({ row, column }, at) => {
    const place = add(mul(i, row), mul(stripe.j, column));
    return b.let(`e${at}Tile`, advance(p.extra[at] as PointerName, place));
  });
  const finished = (value: Value, r: Value | number, v: number): Value => {
    if (!epilogue) return value;
    const operands = epilogue.operands.map(({ row, column }, at) => {
      const place = () => atRow(extra[at] as PointerName, r, row, column * v * lanes);
      return column === 1 ? load(place(), lanes, tailOf(v)) : broadcast(place(), lanes);
    });
    return emitExpression(b, epilogue.expression, [value, ...operands]);
  };
  for (const [r, row] of sums.entries())
    for (const [v, sum] of row.entries())
      b.store(at(c, 0, r * s.n + v * lanes), light ? finished(sum, r, v) : sum, tailOf(v));
  if (light) return;
  b.comment("what follows takes many registers: once more over the tile, which is in the first-level cache");
  b.loop("r", 0, rows, {}, (r) => {
    for (let v = 0; v < stripe.vectors; v++) {
      const place = () => atRow(c, r, s.n, v * lanes);
      b.store(place(), finished(load(place(), lanes, tailOf(v)), r, v), tailOf(v));
    }
  });
}

function atRow(pointer: PointerName, r: Value | number, step: number, offset: number) {
  return typeof r === "number" ? at(pointer, 0, r * step + offset) : at(pointer, mul(r, step), offset);
}

/** The sums of one tile over all of k. */
function sumUp(
  b: ProgramBuilder,
  s: ProductSpecification,
  p: Pointers,
  { j, vectors, tail }: Stripe,
  i: Value,
  sums: readonly (readonly Name[])[],
): void {
  const { lanes, vectors: most } = s.tile;
  const panels = s.b === "panels";
  // A panel is as wide as the tile; that of the last columns as wide as the vectors they take.
  const step = s.b === "panels" ? vectors * lanes : s.b.row;
  const start = panels ? mul(j, s.k) : j;
  const bRow = b.variable("bRow", advance(p.b, start));
  // In a panel the elements of one column lie side by side; whole panels stand before it.
  const a = s.a === "panels" ? { row: 1, column: sums.length } : s.a;
  const aRow = b.variable("aRow", advance(p.a, mul(i, s.a === "panels" ? s.k : a.row)));
  const pass = (copies: number): void => {
    for (let copy = 0; copy < copies; copy++) {
      const row = Array.from({ length: vectors }, (_, v) => {
        const own = !panels && v === vectors - 1 ? tail : undefined;
        return b.let(`b${v}`, load(at(bRow, 0, copy * step + v * lanes), lanes, own));
      });
      for (const [r, accumulators] of sums.entries()) {
        const place = at(aRow, 0, r * a.row + copy * a.column);
        const factor = b.let("factor", broadcast(place, lanes));
        for (const [v, sum] of accumulators.entries()) b.set(sum, multiplyAdd(factor, row[v] as Name, sum));
      }
    }
    b.set(bRow, advance(bRow, copies * step));
    b.set(aRow, advance(aRow, copies * a.column));
  };
  const unroll = Math.min(s.k, sums.length * Math.min(vectors, most) < enough ? 4 : 2);
  const whole = s.k - (s.k % unroll);
  b.loop("p", 0, whole, { step: unroll }, () => pass(unroll));
  if (whole < s.k) pass(s.k - whole);
}

/** Elements that packed panels take: whole vectors. */
export function panelElements(n: number, k: number, { lanes }: ProductTile): number {
  return Math.ceil(n / lanes) * lanes * k;
}

/**
 * B [k, n] as panels of a tile's columns, one behind the other, each k rows long; the last as wide as the vectors that it
 * takes, filled up with zeros.
 */
export function packPanels(
  b: Float32Array,
  steps: Steps,
  { n, k }: { readonly n: number; readonly k: number },
  tile: ProductTile,
  to: Float32Array,
): void {
  const width = tile.vectors * tile.lanes;
  for (let first = 0; first < n; first += width) {
    const columns = Math.min(width, n - first);
    const rowLength = Math.ceil(columns / tile.lanes) * tile.lanes;
    for (let p = 0; p < k; p++)
      for (let j = 0; j < columns; j++)
        to[first * k + p * rowLength + j] = b[p * steps.row + (first + j) * steps.column] as number;
  }
}

/** A [m, k] as panels of a tile's rows, one behind the other, column by column; the last has as many rows as are left. */
export function packRows(
  a: Float32Array,
  { m, k }: { readonly m: number; readonly k: number },
  { rows }: ProductTile,
  to: Float32Array,
): void {
  for (let first = 0; first < m; first += rows) {
    const height = Math.min(rows, m - first);
    for (let p = 0; p < k; p++)
      for (let r = 0; r < height; r++) to[first * k + p * height + r] = a[(first + r) * k + p] as number;
  }
}
