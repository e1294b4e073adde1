/**
 * Cache blocking without packing: the outer loops of `packed.ts` around a product program that reads its blocks where
 * they lie. It exists so that what blocking buys and what packing buys can be told apart.
 */
import { bytesOf } from "../codegen/expressions.ts";
import type { Program } from "../codegen/statements.ts";
import type { GemmCall, Real } from "./arguments.ts";
import type { Blocking } from "./machines.ts";
import type { GemmPlan } from "./plan.ts";
import { productArguments } from "./programs/product.ts";

/** The plan that calls `product` once for each mc x nc x kc block of the problem, without workspace. */
export function unpackedPlan(variant: string, blocking: Blocking, product: Program, element: Real): GemmPlan {
  return {
    variant,
    element,
    grain: { rows: blocking.mr, columns: blocking.nr },
    programs: { product },
    workspace: () => 0,
    multiply: (calls, call) => {
      for (const block of blocks(call, blocking, bytesOf[element]))
        calls.product?.(...productArguments(block));
    },
  };
}

/** The calls that make up the whole product, in the loop order of Goto & van de Geijn: columns, sum, rows. */
function* blocks(call: GemmCall, { mc, nc, kc }: Blocking, bytes: number): Generator<GemmCall> {
  const { m, n, k, a, lda, b, ldb, c, ldc } = call;
  for (let jc = 0; jc < n; jc += nc) {
    for (let pc = 0; pc < k; pc += kc) {
      for (let ic = 0; ic < m; ic += mc) {
        yield {
          ...call,
          m: Math.min(mc, m - ic),
          n: Math.min(nc, n - jc),
          k: Math.min(kc, k - pc),
          a: a + (ic * lda + pc) * bytes,
          b: b + (pc * ldb + jc) * bytes,
          c: c + (ic * ldc + jc) * bytes,
        };
      }
    }
  }
}
