/** What the outer loops do with one block each: pack a block of A, pack panels of B, run the macro-kernel on the two. */
import { pack } from "./pack.ts";
import type { Stretch, Sweep } from "./sweep.ts";

/** Copies rows of A over a stretch of the sum to where the macro-kernel reads them. */
export function packBlockOfA({ call, calls, bytes, packedA }: Sweep, rows: Stretch, depth: Stretch): void {
  pack(calls, "A", {
    length: rows.length,
    depth: depth.length,
    source: call.a + (rows.first * call.lda + depth.first * call.csa) * bytes,
    lengthStride: call.lda,
    depthStride: call.csa,
    packed: packedA,
  });
}

/** Copies columns of B over a stretch of the sum to where the macro-kernel reads them. */
export function packPanelsOfB(
  { call, calls, bytes, packedB }: Sweep,
  columns: Stretch,
  depth: Stretch,
): void {
  pack(calls, "B", {
    length: columns.length,
    depth: depth.length,
    source: call.b + (depth.first * call.ldb + columns.first * call.csb) * bytes,
    lengthStride: call.csb,
    depthStride: call.ldb,
    packed: packedB,
  });
}

/** The macro-kernel on what is packed; the first stretch of the sum may overwrite C, the others add to it. */
export function runBlock(sweep: Sweep, rows: Stretch, columns: Stretch, depth: Stretch): void {
  const { call, calls, bytes, packedA, packedB, edge } = sweep;
  const { ldc, csc, alpha } = call;
  const overwrite = depth.first === 0 && call.beta === 0 ? 1 : 0;
  const c = call.c + (rows.first * ldc + columns.first * csc) * bytes;
  const block = [rows.length, columns.length, depth.length, alpha, overwrite, packedA, packedB, c, ldc];
  if (csc === 1) calls.macro?.(...block, edge);
  else calls.macroScattered?.(...block, csc, edge);
}
