/**
 * The micro-kernel: mr x nr sums in registers while k runs over one panel of A and one of B, both read front to back.
 * Everything else in this room exists to keep it fed.
 *
 * Assumptions: sums, one row of B and one broadcast of A fit the vector registers (mr * nr / lanes + nr / lanes + 1, at
 * most 15 in V8, 16 with AVX2, 32 with AVX-512); there are at least as many sums as multiply-adds are in flight.
 */
import {
  advance,
  and,
  at,
  broadcast,
  bytesOf,
  constant,
  load,
  multiplyAdd,
  type Name,
  type PointerName,
  type Value,
} from "../../codegen/expressions.ts";
import type { ProgramBuilder } from "../../codegen/program.ts";
import type { Tile } from "./register-tile.ts";

/** Steps of k in one pass of the innermost loop, a power of two: enough that its counting costs little, few enough to stay in L1i. */
export const kUnroll = 4;

/** Multiply-adds of a pass that keep two units busy for 12 cycles: loads and counting fit beside them in four a cycle. */
const enough = 24;

/**
 * The steps where nobody asks for another number: one for a tile so large that counting costs nothing (12x32 at 1024
 * cubed: 227 GFLOP/s with one and with four), which makes the program shorter by a sixth.
 */
export function depthUnroll({ mr, nr, lanes }: Tile): number {
  return (mr * nr) / lanes >= enough ? 1 : kUnroll;
}

/** How the loop over k is written. */
export interface DepthLoop {
  /** Steps of k in one pass. */
  readonly unroll: number;
  /** Steps of k by which lines of both panels are asked for ahead; 0: not at all. */
  readonly ahead: number;
  /** What one step does with an element of A, a vector of B and the sum so far (default: multiplyAdd). */
  readonly multiply?: (factor: Value, row: Value, sum: Value) => Value;
}

/** Emits the loop over k. `a` and `bp` are variables, which walk to the ends of their panels. Returns the sums by row. */
export function microKernel(
  b: ProgramBuilder,
  { mr, nr, lanes }: Tile,
  a: PointerName,
  bp: PointerName,
  kc: Name,
  { unroll, ahead, multiply = multiplyAdd }: DepthLoop,
): Name[][] {
  const vectors = nr / lanes;
  const sums = Array.from({ length: mr }, (_, r) =>
    Array.from({ length: vectors }, (_, v) =>
      b.variable(`c${r}v${v}`, constant(0, { element: a.element, lanes })),
    ),
  );
  const step = (copy: number): void => {
    const row = Array.from({ length: vectors }, (_, v) =>
      b.let(`b${v}`, load(at(bp, 0, copy * nr + v * lanes), lanes)),
    );
    for (const [r, accumulators] of sums.entries()) {
      const factor = b.let(`a${r}`, broadcast(at(a, 0, copy * mr + r), lanes));
      for (const [v, sum] of accumulators.entries()) b.set(sum, multiply(factor, row[v] as Name, sum));
    }
  };
  const pass = (copies: number) => (): void => {
    if (ahead > 0) {
      prefetchLines(b, a, ahead * mr, copies * mr);
      prefetchLines(b, bp, ahead * nr, copies * nr);
    }
    for (let copy = 0; copy < copies; copy++) step(copy);
    b.set(a, advance(a, copies * mr));
    b.set(bp, advance(bp, copies * nr));
  };
  b.loop("p", 0, b.let("kWhole", and(kc, -unroll)), { step: unroll }, pass(unroll));
  if (unroll > 1) b.loop("p", 0, b.let("kRest", and(kc, unroll - 1)), {}, pass(1));
  return sums;
}

/** Bytes of a cache line on every x86-64 core. */
const lineBytes = 64;

/** Asks for the lines of `length` elements that lie `offset` behind a pointer; beyond the end of a panel it is no fault. */
function prefetchLines(b: ProgramBuilder, pointer: PointerName, offset: number, length: number): void {
  const line = lineBytes / bytesOf[pointer.element];
  for (let i = 0; i < length; i += line) b.prefetch(at(pointer, 0, offset + i));
}
