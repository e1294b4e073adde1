/** Procedure of `indirect-convolution`: the buffers' sizes as they are made, then the layers. */
import { compile, kernelText } from "../codegen/compile.ts";
import { Memory } from "../codegen/memory.ts";
import type { Bench, Cell, Procedure, VariantRef } from "../experiment.ts";
import { kernelTarget } from "../kernel-target.ts";
import { indirectionBuffer } from "./algorithms/indirect.ts";
import { rowTile } from "./algorithms/rows.ts";
import { problemOf } from "./convolution.ts";
import {
  bufferChannels,
  bufferVariant,
  bufferWorkload,
  indirectRounds,
  indirectVariant,
  largeKernels,
  pointwiseVariant,
  smallKernels,
} from "./indirect-convolution.experiment.ts";
import { layerRace } from "./layer-race.ts";
import { unfoldPixelsProgram } from "./programs/padded-nhwc.ts";
import { type ConvShape, convShape, inputLength, patchLength, positions } from "./shape.ts";

const large = layerRace({
  layers: largeKernels,
  rounds: () => indirectRounds,
});
const small = layerRace({
  layers: smallKernels,
  against: indirectVariant,
  rounds: () => indirectRounds,
});

export const procedure: Procedure = {
  run: async (cell: Cell, bench: Bench) => {
    if (cell.workload === bufferWorkload) return countBuffers(bench);
    const isLarge = largeKernels.some(({ name }) => name === cell.workload);
    return (isLarge ? large : small).run(cell, bench);
  },
  code: async (ref) => {
    const channels = bufferChannels.find((each) => ref.variant === bufferVariant(each));
    if (channels) return kernelText(unfoldPixelsProgram(bufferShape(channels), 1), kernelTarget(ref));
    return (ref.variant === pointwiseVariant ? small : large).code?.(ref);
  },
};

function countBuffers(bench: Bench): void {
  for (const channels of bufferChannels) {
    const ref = bench.variants.find(({ variant }) => variant === bufferVariant(channels));
    if (!ref) continue;
    const { unfolded, pointers } = buffersOf(ref, channels);
    bench.exact(ref, "unfolded-input", unfolded);
    bench.exact(ref, "indirection-buffer", pointers);
  }
}

/** Bytes that unfolding writes, counted in a buffer of NaN, and bytes of the pointers as they are made. */
function buffersOf(ref: VariantRef, channels: number): { unfolded: number; pointers: number } {
  const shape = bufferShape(channels);
  const room = patchLength(shape) * positions(shape) + 1024;
  const memory = new Memory(4 * (inputLength(shape) + room) + 1024);
  const input = memory.allocate("f32", inputLength(shape));
  const unfolded = memory.allocate("f32", room);
  input.view.fill(1);
  unfolded.view.fill(Number.NaN);
  const target = kernelTarget(ref);
  compile(unfoldPixelsProgram(shape, 1), target, memory).call(input.address, unfolded.address);
  let written = 0;
  for (const value of unfolded.view) if (value === 1) written++;
  const problem = problemOf({ layout: "nhwc", shape, target });
  return {
    unfolded: written * unfolded.view.BYTES_PER_ELEMENT,
    pointers: indirectionBuffer(shape, rowTile(problem).rows).byteLength,
  };
}

/** Without padding, so that unfolding needs no copy with borders. */
function bufferShape(channels: number): ConvShape {
  const image = { channels, height: 14, width: 14, filters: channels };
  return convShape({ ...image, kernelHeight: 3, kernelWidth: 3 });
}
