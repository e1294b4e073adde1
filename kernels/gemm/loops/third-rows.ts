/**
 * The third loop (ic): rows of A and C by mc, so that the packed block of A stays in L2 while all panels of B pass by.
 * Here A is packed; the macro-kernel does the rest.
 */
import { packBlockOfA, runBlock } from "./block.ts";
import { everyStretch, type Stretch, type Sweep } from "./sweep.ts";

export function overRows(sweep: Sweep, columns: Stretch, depth: Stretch): void {
  everyStretch(sweep.call.m, sweep.blocking.mc, (rows) => {
    packBlockOfA(sweep, rows, depth);
    runBlock(sweep, rows, columns, depth);
  });
}
