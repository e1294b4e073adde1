/**
 * The fifth loop around the micro-kernel (jc): columns of B and C by nc, so that the packed panels of B stay in the last
 * level of cache that one core may call its own (Van Zee & van de Geijn 2015, figure 1).
 */
import { overDepth } from "./fourth-depth.ts";
import { everyStretch, type Sweep } from "./sweep.ts";

/** C = alpha A B, or added to C where beta is 1. */
export function overColumns(sweep: Sweep): void {
  everyStretch(sweep.call.n, sweep.blocking.nc, (columns) => overDepth(sweep, columns));
}
