/**
 * y += alpha A x for a row-major A: by rows, each a dot product, or by columns, each a multiple of a column added.
 * Every element of A is used once, so memory decides and not arithmetic (Williams, Waterman & Patterson 2009).
 */
import {
  add,
  advance,
  and,
  at,
  constant,
  load,
  mul,
  multiplyAdd,
  type Name,
  type PointerName,
  sum,
  type Value,
} from "../../codegen/expressions.ts";
import { type ProgramBuilder, program } from "../../codegen/program.ts";
import type { Program } from "../../codegen/statements.ts";
import type { Real } from "../arguments.ts";

interface GemvParameters {
  readonly m: Name;
  readonly n: Name;
  readonly alpha: Name;
  readonly a: PointerName;
  readonly lda: Name;
  readonly x: PointerName;
  readonly y: PointerName;
}

/** A program with the parameters `(m, n, alpha, a, lda, x, y)`. */
function gemvProgram(
  name: string,
  element: Real,
  write: (b: ProgramBuilder, p: GemvParameters) => void,
): Program {
  return program(name, (b) =>
    write(b, {
      m: b.integer("m"),
      n: b.integer("n"),
      alpha: b.scalar("alpha", element),
      a: b.pointer("a", element),
      lda: b.integer("lda"),
      x: b.pointer("x", element),
      y: b.pointer("y", element),
    }),
  );
}

/** By rows, scalar, the sum in ascending order of columns: the bits of GEMM i-j-k with one column. */
export function gemvDotProgram(name: string, element: Real): Program {
  return gemvProgram(name, element, (b, p) => b.loop("i", 0, p.m, {}, (i) => dotRows(b, p, i, 1, 1, 1)));
}

/** Rows that share each load of x, and vectors of one row in flight: 4 x 2 chains hide a latency of 4 cycles. */
const rowsAtOnce = 4;
const vectorsAtOnce = 2;

/** By rows with vectors, four rows at a time. */
export function gemvDotSimdProgram(name: string, element: Real, lanes: number): Program {
  return gemvProgram(name, element, (b, p) => {
    const whole = b.let("whole", and(p.m, -rowsAtOnce));
    b.loop("i", 0, whole, { step: rowsAtOnce }, (i) => dotRows(b, p, i, rowsAtOnce, vectorsAtOnce, lanes));
    b.loop("i", whole, p.m, {}, (i) => dotRows(b, p, i, 1, vectorsAtOnce, lanes));
  });
}

/** y[i …] += alpha * (rows i … of A) x, for `rows` rows. */
function dotRows(
  b: ProgramBuilder,
  p: GemvParameters,
  i: Value,
  rows: number,
  vectors: number,
  lanes: number,
): void {
  const element = p.a.element;
  const step = lanes * vectors;
  const first = b.let("first", advance(p.a, mul(i, p.lda)));
  const pointers = Array.from({ length: rows }, (_, r) => b.let(`row${r}`, advance(first, mul(p.lda, r))));
  const whole = step > 1 ? b.let("columns", and(p.n, -step)) : p.n;
  const partial = pointers.map((_, r) =>
    Array.from({ length: vectors }, (_, v) => b.variable(`s${r}v${v}`, constant(0, { element, lanes }))),
  );
  b.loop("j", 0, whole, { step }, (j) => {
    const xs = Array.from({ length: vectors }, (_, v) => b.let(`x${v}`, load(at(p.x, j, v * lanes), lanes)));
    for (const [r, pointer] of pointers.entries())
      for (const [v, x] of xs.entries()) {
        const chain = partial[r]?.[v] as Name;
        b.set(chain, multiplyAdd(load(at(pointer, j, v * lanes), lanes), x, chain));
      }
  });
  for (const [r, pointer] of pointers.entries()) {
    const [s0, s1] = partial[r] as [Name, Name?];
    const total = step > 1 ? b.variable(`sum${r}`, sum(s1 ? add(s0, s1) : s0)) : s0;
    if (step > 1)
      b.loop("j", whole, p.n, {}, (j) =>
        b.set(total, multiplyAdd(load(at(pointer, j)), load(at(p.x, j)), total)),
      );
    b.store(at(p.y, i, r), multiplyAdd(p.alpha, total, load(at(p.y, i, r))));
  }
}

/** By columns, scalar: strides down A, which row-major storage punishes. */
export function gemvColumnsProgram(name: string, element: Real): Program {
  return gemvProgram(name, element, (b, p) =>
    b.loop("j", 0, p.n, {}, (j) => {
      const scaled = b.let("xj", mul(p.alpha, load(at(p.x, j))));
      b.loop("i", 0, p.m, {}, (i) =>
        b.store(at(p.y, i), multiplyAdd(scaled, load(at(p.a, add(mul(i, p.lda), j))), load(at(p.y, i)))),
      );
    }),
  );
}
