/**
 * Classes of shapes: a plan that is best at 640 is not far from best at 700, so one search serves all sides between two
 * bounds. Sides count apart, because a skinny product wants other blocks than a square one.
 */
import type { GemmShape } from "../gemm/arguments.ts";

/** Upper bounds of a side's classes, a factor of 4 apart, as cache levels are; longer sides are one class. */
const bounds = [16, 64, 256, 1024] as const;

/** `m1024-n1024-k256`: the class of each side by its upper bound, or `large` above all of them. */
export function shapeClass({ m, n, k }: GemmShape): string {
  const bound = (side: number): string => String(bounds.find((each) => side <= each) ?? "large");
  return `m${bound(m)}-n${bound(n)}-k${bound(k)}`;
}
