/**
 * The third loop (ic): rows of A and C by mc, so that the packed block of A stays in L2 while all panels of B pass by.
 * Here A is packed; the macro-kernel does the rest.
 */
import { pack } from "./pack.ts";
import { everyStretch, type Stretch, type Sweep } from "./sweep.ts";

export function overRows(sweep: Sweep, columns: Stretch, depth: Stretch): void {
  const { call, blocking, calls, bytes, packedA, packedB, edge } = sweep;
  const { lda, csa, ldc, csc, alpha } = call;
  const overwrite = depth.first === 0 && call.beta === 0 ? 1 : 0;
  everyStretch(call.m, blocking.mc, (rows) => {
    pack(calls, "A", {
      length: rows.length,
      depth: depth.length,
      source: call.a + (rows.first * lda + depth.first * csa) * bytes,
      lengthStride: lda,
      depthStride: csa,
      packed: packedA,
    });
    const c = call.c + (rows.first * ldc + columns.first * csc) * bytes;
    const block = [rows.length, columns.length, depth.length, alpha, overwrite, packedA, packedB, c, ldc];
    if (csc === 1) calls.macro?.(...block, edge);
    else calls.macroScattered?.(...block, csc, edge);
  });
}
