/**
 * The article's naive loop: every multiply-add reads and writes C in memory, four accesses in all. It exists to be
 * counted and timed against tiles that keep C in registers (programs/register-tile.ts).
 */
import { add, at, load, mul, multiplyAdd } from "../../codegen/expressions.ts";
import type { Program } from "../../codegen/statements.ts";
import type { Real } from "../arguments.ts";
import { productProgram } from "./product.ts";

/** C += alpha A B one element at a time, C left in memory. */
export function accumulateInMemoryProgram(name: string, element: Real): Program {
  return productProgram(name, element, (b, p) =>
    b.loop("i", 0, p.m, {}, (i) => {
      const rowA = b.let("rowA", mul(i, p.lda));
      const rowC = b.let("rowC", mul(i, p.ldc));
      b.loop("j", 0, p.n, {}, (j) => {
        const place = b.let("place", add(rowC, j));
        b.loop("k", 0, p.k, {}, (k) => {
          const scaled = mul(p.alpha, load(at(p.a, add(rowA, k))));
          const factor = load(at(p.b, add(mul(k, p.ldb), j)));
          b.store(at(p.c, place), multiplyAdd(scaled, factor, load(at(p.c, place))));
        });
      });
    }),
  );
}
