/**
 * Weights in other orders. They come as [filter][channel][kernel row][kernel column]; a pixel-major algorithm wants the
 * filters as neighbours. Done once a layer, so plain loops over views will do.
 */
import type { Memory } from "../codegen/memory.ts";
import type { Real } from "../gemm/arguments.ts";
import { type ConvShape, groupChannels, groupFilters, patchLength, taps, weightsLength } from "./shape.ts";

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
  const [depth, ofGroup, area] = [groupChannels(shape), groupFilters(shape), taps(shape)];
  for (let filter = 0; filter < shape.filters; filter++) {
    const group = Math.floor(filter / ofGroup);
    const first = group * patchLength(shape) * ofGroup + (filter % ofGroup);
    for (let channel = 0; channel < depth; channel++)
      for (let tap = 0; tap < area; tap++)
        to[first + (tap * depth + channel) * ofGroup] = from[
          (filter * depth + channel) * area + tap
        ] as number;
  }
}
