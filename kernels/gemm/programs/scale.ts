/**
 * C = beta C, the step before a product is accumulated. Apart from the product, so that every other program only
 * adds; beta = 0 writes zeros without reading, so that NaN in C does not survive (BLAS).
 */
import { add, at, constant, equal, load, mul } from "../../codegen/expressions.ts";
import { type ProgramBuilder, program } from "../../codegen/program.ts";
import type { Program } from "../../codegen/statements.ts";
import type { Real } from "../arguments.ts";

/** Parameters `(m, n, beta, c, ldc)`. */
export function scaleProgram(element: Real): Program {
  return program(`scale-${element}`, (b: ProgramBuilder) => {
    const m = b.integer("m");
    const n = b.integer("n");
    const beta = b.scalar("beta", element);
    const c = b.pointer("c", element);
    const ldc = b.integer("ldc");
    b.if(
      equal(beta, 0),
      () =>
        b.loop("i", 0, m, {}, (i) => {
          const row = b.let("row", mul(i, ldc));
          b.loop("j", 0, n, {}, (j) => b.store(at(c, add(row, j)), constant(0, { element, lanes: 1 })));
        }),
      () =>
        b.loop("i", 0, m, {}, (i) => {
          const row = b.let("row", mul(i, ldc));
          b.loop("j", 0, n, {}, (j) => b.store(at(c, add(row, j)), mul(beta, load(at(c, add(row, j))))));
        }),
    );
  });
}
