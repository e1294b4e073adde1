/**
 * A product without packing: register tiles that read A and B where they lie, with a tile of its own size for what is
 * left at the bottom and masked vectors for what is left at the right. For small and skinny problems, in which packing
 * would cost more than it brings (few rows use each element of B, or few columns each of A).
 *
 * Assumptions: rows of A, B and C are contiguous; sums, a row of B and a broadcast fit the vector registers.
 */
import {
  add,
  advance,
  and,
  at,
  broadcast,
  bytesOf,
  constant,
  equal,
  greater,
  greaterOrEqual,
  load,
  mul,
  multiplyAdd,
  type Name,
  type PointerName,
  remainder,
  sub,
  type Tail,
} from "../../codegen/expressions.ts";
import { type ProgramBuilder, program } from "../../codegen/program.ts";
import type { Program } from "../../codegen/statements.ts";
import type { Real } from "../arguments.ts";
import { type Multiples, multiplesOf, walkingRows } from "./rows.ts";
import { writeRows } from "./write-tile.ts";

/** Rows of a tile and vectors in each. */
export interface DirectTile {
  readonly rows: number;
  readonly vectors: number;
  readonly lanes: number;
  /** Steps of k by which lines of B's rows are asked for ahead (default 0: not at all). */
  readonly ahead?: number;
}

interface Parameters {
  readonly m: Name;
  readonly n: Name;
  readonly k: Name;
  readonly alpha: Name;
  readonly overwrite: Name;
  readonly a: PointerName;
  readonly lda: Name;
  readonly b: PointerName;
  readonly ldb: Name;
  readonly c: PointerName;
  readonly ldc: Name;
  readonly multiples: Multiples;
  /** Elements of B between a row and the one that is asked for with it; absent where none is. */
  readonly ahead?: Name;
}

/**
 * The tiles that a product is cut into: heights in rows and widths in vectors, largest first. A program has code for
 * each height at each width, which is most of its size: 36 tiles for every shape, at most 4 for one.
 */
export interface Cuts {
  readonly heights: readonly number[];
  /** Whether there are stripes of whole tiles. */
  readonly whole: boolean;
  /** Vectors of stripes at the right border, the last of them masked. */
  readonly widths: readonly number[];
}

/** The cuts of every shape. */
export function allCuts({ rows, vectors }: DirectTile): Cuts {
  const downFrom = (most: number): number[] => Array.from({ length: most }, (_, i) => most - i);
  return { heights: downFrom(rows), whole: true, widths: downFrom(vectors) };
}

/** The cuts of an m x n product. */
export function cutsOf({ rows, vectors, lanes }: DirectTile, m: number, n: number): Cuts {
  const step = vectors * lanes;
  return {
    heights: [...(m >= rows ? [rows] : []), ...(m % rows > 0 ? [m % rows] : [])],
    whole: n >= step,
    widths: n % step > 0 ? [Math.ceil((n % step) / lanes)] : [],
  };
}

/** Whether a program with these cuts can do an m x n product. */
export function covers(cuts: Cuts, { rows, vectors, lanes }: DirectTile, m: number, n: number): boolean {
  const step = vectors * lanes;
  const [restOfRows, restOfColumns] = [m % rows, n % step];
  return (
    (m < rows || cuts.heights.includes(rows)) &&
    (restOfRows === 0 || cuts.heights.includes(restOfRows)) &&
    (n < step || cuts.whole) &&
    (restOfColumns === 0 || cuts.widths.includes(Math.ceil(restOfColumns / lanes)))
  );
}

/**
 * Parameters `(m, n, k, alpha, overwrite, a, lda, b, ldb, c, ldc)`: C = alpha A B, added to C where `overwrite` is 0.
 * With `cuts`, only for products that these cover.
 */
export function directProgram(tile: DirectTile, element: Real, cuts: Cuts = allCuts(tile)): Program {
  const { rows, vectors, lanes } = tile;
  return program(`direct-${rows}x${vectors * lanes}-${element}`, (b) => {
    const p = parameters(b, element, tile.ahead ?? 0);
    b.loop("j", 0, p.n, { step: vectors * lanes }, (j) => {
      const left = b.let("columnsLeft", sub(p.n, j));
      byWidth(b, tile, cuts, left, (width, masked) =>
        everyRow(b, p, { j: j as Name, left, vectors: width, lanes, masked }, rows, cuts.heights),
      );
    });
  });
}

function parameters(b: ProgramBuilder, element: Real, ahead: number): Parameters {
  const given = {
    m: b.integer("m"),
    n: b.integer("n"),
    k: b.integer("k"),
    alpha: b.scalar("alpha", element),
    overwrite: b.integer("overwrite"),
    a: b.pointer("a", element),
    lda: b.integer("lda"),
    b: b.pointer("b", element),
    ldb: b.integer("ldb"),
    c: b.pointer("c", element),
    ldc: b.integer("ldc"),
  };
  const multiples = multiplesOf(b, "lda", given.lda);
  return { ...given, multiples, ...(ahead > 0 && { ahead: b.let("ahead", mul(given.ldb, ahead)) }) };
}

/** A whole stripe of columns, or one of fewer vectors of which the last is masked. */
function byWidth(
  b: ProgramBuilder,
  { vectors, lanes }: DirectTile,
  { whole, widths }: Cuts,
  left: Name,
  write: (vectors: number, masked: boolean) => void,
): void {
  const masked = ([width, ...narrower]: readonly number[]): void => {
    if (width === undefined) return;
    if (narrower.length === 0) write(width, true);
    else
      b.if(
        greater(left, (width - 1) * lanes),
        () => write(width, true),
        () => masked(narrower),
      );
  };
  if (!whole) masked(widths);
  else if (widths.length === 0) write(vectors, false);
  else
    b.if(
      greaterOrEqual(left, vectors * lanes),
      () => write(vectors, false),
      () => masked(widths),
    );
}

interface Stripe {
  readonly j: Name;
  readonly left: Name;
  readonly vectors: number;
  readonly lanes: number;
  readonly masked: boolean;
}

/** Tiles of `rows` rows from the top, and one that has as many rows as are left. */
function everyRow(
  b: ProgramBuilder,
  p: Parameters,
  stripe: Stripe,
  rows: number,
  heights: readonly number[],
): void {
  const type = { element: p.c.element, lanes: stripe.lanes };
  const tail = stripe.masked
    ? b.tail("tail", sub(stripe.left, (stripe.vectors - 1) * stripe.lanes), type)
    : undefined;
  if (heights.includes(rows)) {
    const whole = b.let("whole", sub(p.m, rows - 1));
    b.loop("i", 0, whole, { step: rows }, (i) => tile(b, p, rows, i as Name, stripe, tail));
  }
  const partial = heights.filter((height) => height < rows);
  if (partial.length === 0) return;
  const next = b.let("next", sub(p.m, remainder(p.m, rows)));
  const rest = ([height, ...lower]: readonly number[]): void => {
    if (height === undefined) return;
    b.if(
      equal(sub(p.m, next), height),
      () => tile(b, p, height, next, stripe, tail),
      () => rest(lower),
    );
  };
  rest(partial);
}

/** Multiply-adds of a step of k below which the loop is unrolled, so that its counting does not limit it. */
const enough = 12;

function tile(
  b: ProgramBuilder,
  p: Parameters,
  rows: number,
  i: Name,
  stripe: Stripe,
  tail: Tail | undefined,
): void {
  const { vectors, lanes } = stripe;
  const type = { element: p.c.element, lanes };
  const lastTail = (v: number): Tail | undefined => (v === vectors - 1 ? tail : undefined);
  const rowsOfA = walkingRows(b, advance(p.a, mul(i, p.lda)), p.multiples, rows);
  const bRow = b.variable("bRow", advance(p.b, stripe.j));
  const sums = Array.from({ length: rows }, (_, r) =>
    Array.from({ length: vectors }, (_, v) => b.variable(`c${r}v${v}`, constant(0, type))),
  );
  const lineElements = 64 / bytesOf[p.b.element];
  const step = (copy: number): void => {
    if (p.ahead) for (let j = 0; j < vectors * lanes; j += lineElements) b.prefetch(at(bRow, p.ahead, j));
    const row = Array.from({ length: vectors }, (_, v) =>
      b.let(`b${v}`, load(at(bRow, 0, v * lanes), lanes, lastTail(v))),
    );
    for (const [r, accumulators] of sums.entries()) {
      const factor = b.let("factor", broadcast(rowsOfA.place(r, copy), lanes));
      for (const [v, sum] of accumulators.entries()) b.set(sum, multiplyAdd(factor, row[v] as Name, sum));
    }
    b.set(bRow, advance(bRow, p.ldb));
  };
  const unroll = rows * vectors < enough ? 4 : 1;
  const pass = (copies: number) => (): void => {
    for (let copy = 0; copy < copies; copy++) step(copy);
    rowsOfA.walk(copies);
  };
  b.loop("p", 0, unroll > 1 ? b.let("kWhole", and(p.k, -unroll)) : p.k, { step: unroll }, pass(unroll));
  if (unroll > 1) b.loop("p", 0, b.let("kRest", and(p.k, unroll - 1)), {}, pass(1));
  const firstC = b.let("cTile", advance(p.c, add(mul(i, p.ldc), stripe.j)));
  writeRows(b, lanes, sums, { ...p, firstC }, lastTail);
}
