/**
 * One level of blocking: the three loops over blocks of b x b x b, and inside a block the order i-k-j, which walks
 * along rows. Three blocks should fit the first-level cache: 3 b^2 elements (Lam, Rothberg & Wolf 1991, section 2).
 */
import { add, min } from "../../codegen/expressions.ts";
import type { Program } from "../../codegen/statements.ts";
import type { Real } from "../arguments.ts";
import { threeLoops } from "./loop-order.ts";
import { productProgram } from "./product.ts";

/** C += alpha A B in blocks of `block` to the side. */
export function blockedProgram(name: string, block: number, element: Real, lanes: number): Program {
  return productProgram(name, element, (b, p) =>
    b.loop("ib", 0, p.m, { step: block }, (ib) =>
      b.loop("kb", 0, p.k, { step: block }, (kb) =>
        b.loop("jb", 0, p.n, { step: block }, (jb) => {
          const iEnd = b.let("iEnd", min(add(ib, block), p.m));
          const kEnd = b.let("kEnd", min(add(kb, block), p.k));
          const jEnd = b.let("jEnd", min(add(jb, block), p.n));
          threeLoops(b, p, "ikj", lanes, {
            i: { from: ib, to: iEnd },
            k: { from: kb, to: kEnd },
            j: { from: jb, to: jEnd },
          });
        }),
      ),
    ),
  );
}
