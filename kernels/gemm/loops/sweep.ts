/** What the three outer loops hand to each other: the problem, the block sizes, the compiled programs, the buffers. */
import type { GemmCall } from "../arguments.ts";
import type { Blocking } from "../machines.ts";
import type { Calls } from "../plan.ts";

export interface Sweep {
  readonly call: GemmCall;
  readonly blocking: Blocking;
  readonly calls: Calls;
  /** Byte addresses of the packed block of A, the packed panels of B and room for one tile. */
  readonly packedA: number;
  readonly packedB: number;
  readonly edge: number;
  /** Of one element. */
  readonly bytes: number;
}

/** A stretch of one dimension: where it begins and how long it is. */
export interface Stretch {
  readonly first: number;
  readonly length: number;
}

/** Calls `body` for each stretch of at most `step` elements, in ascending order. */
export function everyStretch(length: number, step: number, body: (stretch: Stretch) => void): void {
  for (let first = 0; first < length; first += step) body({ first, length: Math.min(step, length - first) });
}
