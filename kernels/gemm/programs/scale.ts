/**
 * C = beta C, the step before a product is accumulated. Apart from the product, so that every other program only
 * adds; beta = 0 writes zeros without reading, so that NaN in C does not survive (BLAS).
 */
import {
  add,
  and,
  at,
  bytesOf,
  constant,
  equal,
  load,
  mul,
  type Name,
  splat,
  type Value,
} from "../../codegen/expressions.ts";
import { program } from "../../codegen/program.ts";
import type { Program } from "../../codegen/statements.ts";
import type { Real } from "../arguments.ts";

/** Parameters `(m, n, beta, c, ldc)`. Rows go by vectors of 128 bits, the rest of a row one by one. */
export function scaleProgram(element: Real): Program {
  const lanes = 16 / bytesOf[element];
  return program(`scale-${element}`, (b) => {
    const m = b.integer("m");
    const n = b.integer("n");
    const beta = b.scalar("beta", element);
    const c = b.pointer("c", element);
    const ldc = b.integer("ldc");
    const whole = b.let("whole", and(n, -lanes));
    const factor = b.let("factor", splat(beta, lanes));
    const everyRow = (scaled: (place: Value, width: number) => Value): void =>
      b.loop("i", 0, m, {}, (i) => {
        const row = b.let("row", mul(i, ldc));
        b.loop("j", 0, whole, { step: lanes, unroll: 4 }, (j) =>
          b.store(at(c, add(row, j)), scaled(add(row, j), lanes)),
        );
        b.loop("j", whole, n, {}, (j) => b.store(at(c, add(row, j)), scaled(add(row, j), 1)));
      });
    b.if(
      equal(beta, 0),
      () => everyRow((_, width) => constant(0, { element, lanes: width })),
      () => everyRow((place, width) => mul(width === 1 ? beta : factor, load(at(c, place), width))),
    );
  });
}

/** Parameters `(m, n, beta, c, ldc, csc)`: the same for a C whose columns do not lie side by side, one by one. */
export function stridedScaleProgram(element: Real): Program {
  return program(`scale-strided-${element}`, (b) => {
    const m = b.integer("m");
    const n = b.integer("n");
    const beta = b.scalar("beta", element);
    const c = b.pointer("c", element);
    const ldc = b.integer("ldc");
    const csc = b.integer("csc");
    const everyElement = (scaled: (place: Name) => Value): void =>
      b.loop("i", 0, m, {}, (i) =>
        b.loop("j", 0, n, {}, (j) => {
          const place = b.let("place", add(mul(i, ldc), mul(j, csc)));
          b.store(at(c, place), scaled(place));
        }),
      );
    b.if(
      equal(beta, 0),
      () => everyElement(() => constant(0, { element, lanes: 1 })),
      () => everyElement((place) => mul(beta, load(at(c, place)))),
    );
  });
}
