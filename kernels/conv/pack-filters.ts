/**
 * Weights in the order in which a tile broadcasts or loads them: panels of `width` filters, in each one step of the
 * depth after the other. Done once a layer (Dukhan 2019 calls the result a packed kernel), so that no call packs again.
 */
import type { Memory } from "../codegen/memory.ts";
import type { Real } from "../gemm/arguments.ts";
import { type ConvShape, groupChannels, groupFilters, patchLength, taps, weightsLength } from "./shape.ts";

/** In which order the steps of the depth come: as the weights lie, or channels innermost as in a pixel. */
export type DepthOrder = "channel-tap" | "tap-channel";

export interface PanelOptions {
  readonly width: number;
  readonly order: DepthOrder;
  /** The last panel is as narrow as it may be, filled up with zeros to a multiple of this: 1, or a vector. */
  readonly unit: number;
}

/** Elements of the packed weights, all groups. */
export function packedLength(shape: ConvShape, { unit }: Pick<PanelOptions, "unit">): number {
  return shape.groups * patchLength(shape) * paddedFilters(shape, unit);
}

/** Filters of a group with those that fill up the last vector. */
export const paddedFilters = (shape: ConvShape, unit: number): number =>
  Math.ceil(groupFilters(shape) / unit) * unit;

/** Packs the weights at one byte address into panels at another. */
export function packFilters(
  shape: ConvShape,
  element: Real,
  options: PanelOptions,
  memory: Memory,
  weights: number,
  packed: number,
): void {
  const from = memory.view(element, weights, weightsLength(shape));
  const to = memory.view(element, packed, packedLength(shape, options));
  const [filters, depth, channels, area] = [
    groupFilters(shape),
    patchLength(shape),
    groupChannels(shape),
    taps(shape),
  ];
  const { width, order, unit } = options;
  let at = 0;
  for (let group = 0; group < shape.groups; group++) {
    for (let first = 0; first < filters; first += width) {
      const there = Math.min(width, filters - first);
      for (let step = 0; step < depth; step++) {
        const [channel, tap] =
          order === "channel-tap"
            ? [Math.floor(step / area), step % area]
            : [step % channels, Math.floor(step / channels)];
        const source = (group * filters + first) * depth + channel * area + tap;
        for (let filter = 0; filter < there; filter++) to[at++] = from[source + filter * depth] as number;
        for (let filler = there; filler % unit !== 0; filler++) to[at++] = 0;
      }
    }
  }
}
