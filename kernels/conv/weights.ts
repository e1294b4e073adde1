/**
 * Weights in other orders. They come as [filter][channel][kernel row][kernel column]; a pixel-major algorithm wants the
 * filters as neighbours. Done once a layer, so plain loops over views will do.
 */
import type { Memory } from "../codegen/memory.ts";
import type { Real } from "../gemm/arguments.ts";
import { type ConvShape, groupChannels, groupFilters, patchLength, taps, weightsLength } from "./shape.ts";

/** Calls `visit` with the place of each weight in either order: as they come, and with the filters last. */
function forEachWeight(shape: ConvShape, visit: (given: number, filtersLast: number) => void): void {
  const [depth, ofGroup, area] = [groupChannels(shape), groupFilters(shape), taps(shape)];
  for (let filter = 0; filter < shape.filters; filter++) {
    const group = Math.floor(filter / ofGroup);
    const first = group * patchLength(shape) * ofGroup + (filter % ofGroup);
    for (let channel = 0; channel < depth; channel++)
      for (let tap = 0; tap < area; tap++)
        visit((filter * depth + channel) * area + tap, first + (tap * depth + channel) * ofGroup);
  }
}

/** Writes them as [group][kernel row][kernel column][channel][filter of the group]; both are byte addresses. */
export function filtersLast(
  shape: ConvShape,
  element: Real,
  memory: Memory,
  weights: number,
  into: number,
): void {
  const from = memory.view(element, weights, weightsLength(shape));
  const to = memory.view(element, into, weightsLength(shape));
  forEachWeight(shape, (given, last) => {
    to[last] = from[given] as number;
  });
}

/** Brings weights, or their gradient, from that order back into the one they come in; adds to it where told. */
export function filtersFirst(
  shape: ConvShape,
  element: Real,
  memory: Memory,
  weights: number,
  into: number,
  accumulate: boolean,
): void {
  const from = memory.view(element, weights, weightsLength(shape));
  const to = memory.view(element, into, weightsLength(shape));
  forEachWeight(shape, (given, last) => {
    to[given] = (from[last] as number) + (accumulate ? (to[given] as number) : 0);
  });
}
