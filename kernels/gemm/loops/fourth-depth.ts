/**
 * The fourth loop (pc): the sum over k by kc, so that a panel of B of kc steps stays in L1. Here B is packed, once for
 * all rows of A. The first stretch may overwrite C; the others add to it.
 */
import { packPanelsOfB } from "./block.ts";
import { everyStretch, type Stretch, type Sweep } from "./sweep.ts";
import { overRows } from "./third-rows.ts";

export function overDepth(sweep: Sweep, columns: Stretch): void {
  everyStretch(sweep.call.k, sweep.blocking.kc, (depth) => {
    packPanelsOfB(sweep, columns, depth);
    overRows(sweep, columns, depth);
  });
}
