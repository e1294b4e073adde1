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
}

/** Parameters `(m, n, k, alpha, overwrite, a, lda, b, ldb, c, ldc)`: C = alpha A B, added to C where `overwrite` is 0. */
export function directProgram({ rows, vectors, lanes }: DirectTile, element: Real): Program {
  return program(`direct-${rows}x${vectors * lanes}-${element}`, (b) => {
    const p = parameters(b, element);
    b.loop("j", 0, p.n, { step: vectors * lanes }, (j) => {
      const left = b.let("columnsLeft", sub(p.n, j));
      byWidth(b, vectors, lanes, left, (width, masked) =>
        everyRow(b, p, rows, { j: j as Name, left, vectors: width, lanes, masked }),
      );
    });
  });
}

function parameters(b: ProgramBuilder, element: Real): Parameters {
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
  return { ...given, multiples: multiplesOf(b, "lda", given.lda) };
}

/** A whole stripe of columns, or one of fewer vectors of which the last is masked. */
function byWidth(
  b: ProgramBuilder,
  vectors: number,
  lanes: number,
  left: Name,
  write: (vectors: number, masked: boolean) => void,
): void {
  const narrower = (width: number): void => {
    if (width === 1) write(1, true);
    else
      b.if(
        greater(left, (width - 1) * lanes),
        () => write(width, true),
        () => narrower(width - 1),
      );
  };
  b.if(
    greaterOrEqual(left, vectors * lanes),
    () => write(vectors, false),
    () => narrower(vectors),
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
function everyRow(b: ProgramBuilder, p: Parameters, rows: number, stripe: Stripe): void {
  const type = { element: p.c.element, lanes: stripe.lanes };
  const tail = stripe.masked
    ? b.tail("tail", sub(stripe.left, (stripe.vectors - 1) * stripe.lanes), type)
    : undefined;
  const whole = b.let("whole", sub(p.m, rows - 1));
  b.loop("i", 0, whole, { step: rows }, (i) => tile(b, p, rows, i as Name, stripe, tail));
  const next = b.let("next", sub(p.m, remainder(p.m, rows)));
  const rest = (count: number): void => {
    if (count === 0) return;
    b.if(
      equal(sub(p.m, next), count),
      () => tile(b, p, count, next, stripe, tail),
      () => rest(count - 1),
    );
  };
  rest(rows - 1);
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
  const step = (copy: number): void => {
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
