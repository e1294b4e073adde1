/**
 * Three loops that keep nothing in a register: C is read and written for every multiply-add, four accesses each.
 * What a compiler does when it may not assume that C is apart from A and B, and the start of the register-tile story.
 */
import { add, at, load, mul, multiplyAdd } from "../../codegen/expressions.ts";
import type { Program } from "../../codegen/statements.ts";
import type { Real } from "../arguments.ts";
import { productProgram } from "./product.ts";

/** C += alpha A B in the order i-j-k with C in memory. */
export function memoryTileProgram(name: string, element: Real): Program {
  return productProgram(name, element, (b, p) =>
    b.loop("i", 0, p.m, {}, (i) =>
      b.loop("j", 0, p.n, {}, (j) => {
        const rowA = b.let("rowA", mul(i, p.lda));
        const place = b.let("place", add(mul(i, p.ldc), j));
        b.loop("k", 0, p.k, {}, (k) => {
          const scaled = mul(p.alpha, load(at(p.a, add(rowA, k))));
          const column = load(at(p.b, add(mul(k, p.ldb), j)));
          b.store(at(p.c, place), multiplyAdd(scaled, column, load(at(p.c, place))));
        });
      }),
    ),
  );
}
