/**
 * The three outer loops in any order, for the tuner. Each operand is packed as soon as both of its loops have a stretch:
 * in `jpi` (fifth-columns.ts and below) B stays packed while blocks of A pass by, in `ipj` A stays and B passes. Which
 * is cheaper depends on the shape: what is packed innermost is packed again for every stretch of the outermost loop.
 */
import type { GemmCall } from "../arguments.ts";
import { packBlockOfA, packPanelsOfB, runBlock } from "./block.ts";
import { everyStretch, type Stretch, type Sweep } from "./sweep.ts";

/** Outermost first: i runs over rows (mc), j over columns (nc), p over the sum (kc). */
export const outerOrders = ["jpi", "pji", "ipj", "pij"] as const;
export type OuterOrder = (typeof outerOrders)[number];

/** C = alpha A B, or added to C where beta is 1. The bits do not depend on the order: every sum over k ascends. */
export function inOrder(sweep: Sweep, order: OuterOrder): void {
  nest(sweep, order, {});
}

type Chosen = { readonly [loop in keyof typeof extents]?: Stretch };

const extents = { i: "m", j: "n", p: "k" } as const satisfies Record<string, keyof GemmCall>;
const steps = { i: "mc", j: "nc", p: "kc" } as const;

function nest(sweep: Sweep, order: string, outer: Chosen): void {
  const loop = order[0] as keyof typeof extents | undefined;
  if (loop === undefined) return;
  everyStretch(sweep.call[extents[loop]], sweep.blocking[steps[loop]], (stretch) => {
    const chosen: Chosen = { ...outer, [loop]: stretch };
    const { i, j, p } = chosen;
    if (p && j && loop !== "i") packPanelsOfB(sweep, j, p);
    if (p && i && loop !== "j") packBlockOfA(sweep, i, p);
    if (i && j && p) runBlock(sweep, i, j, p);
    else nest(sweep, order.slice(1), chosen);
  });
}
