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
  constant,
  load,
  multiplyAdd,
  type Name,
  type PointerName,
} from "../../codegen/expressions.ts";
import type { ProgramBuilder } from "../../codegen/program.ts";
import type { Tile } from "./register-tile.ts";

/** Steps of k in one pass of the innermost loop, a power of two: enough that its counting costs little, few enough to stay in L1i. */
export const kUnroll = 4;

/** Emits the loop over k. `a` and `bp` are variables, which walk to the ends of their panels. Returns the sums by row. */
export function microKernel(
  b: ProgramBuilder,
  { mr, nr, lanes }: Tile,
  a: PointerName,
  bp: PointerName,
  kc: Name,
  unroll: number,
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
      for (const [v, sum] of accumulators.entries()) b.set(sum, multiplyAdd(factor, row[v] as Name, sum));
    }
  };
  const pass = (copies: number) => (): void => {
    for (let copy = 0; copy < copies; copy++) step(copy);
    b.set(a, advance(a, copies * mr));
    b.set(bp, advance(bp, copies * nr));
  };
  b.loop("p", 0, b.let("kWhole", and(kc, -unroll)), { step: unroll }, pass(unroll));
  if (unroll > 1) b.loop("p", 0, b.let("kRest", and(kc, unroll - 1)), {}, pass(1));
  return sums;
}
