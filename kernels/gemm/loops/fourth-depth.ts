/**
 * The fourth loop (pc): the sum over k by kc, so that a panel of B of kc steps stays in L1. Here B is packed, once for
 * all rows of A. The first stretch may overwrite C; the others add to it.
 */
import { pack } from "./pack.ts";
import { everyStretch, type Stretch, type Sweep } from "./sweep.ts";
import { overRows } from "./third-rows.ts";

export function overDepth(sweep: Sweep, columns: Stretch): void {
  const { call, blocking, bytes, packedB } = sweep;
  everyStretch(call.k, blocking.kc, (depth) => {
    pack(sweep.calls, "B", {
      length: columns.length,
      depth: depth.length,
      source: call.b + (depth.first * call.ldb + columns.first * call.csb) * bytes,
      lengthStride: call.csb,
      depthStride: call.ldb,
      packed: packedB,
    });
    overRows(sweep, columns, depth);
  });
}
