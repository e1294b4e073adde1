/** Procedure of `im2col-memory`: unfolds into a buffer of NaN and counts what was written. */
import { compile, kernelText } from "../codegen/compile.ts";
import { Memory } from "../codegen/memory.ts";
import type { Bench, Cell, Procedure, VariantRef } from "../experiment.ts";
import { kernelTarget } from "../kernel-target.ts";
import { unfoldedKernels, unfoldedSides, unfoldedVariant } from "./im2col-memory.experiment.ts";
import { unfoldProgram } from "./programs/padded.ts";
import { type ConvShape, convShape, inputLength } from "./shape.ts";

export const procedure: Procedure = {
  run,
  code: async (ref) => kernelText(unfoldProgram(shapeOf(ref), 1), kernelTarget(ref)),
};

const channels = 2;
/** Room beyond the largest matrix that could be written, to find a count that is too large. */
const beyond = 1024;

async function run(_cell: Cell, bench: Bench): Promise<void> {
  for (const [i, ref] of bench.variants.entries()) {
    bench.progress("unfolding", i, bench.variants.length, ref);
    const shape = shapeOf(ref);
    bench.exact(ref, "unfolded-ratio", writtenBy(ref, shape) / inputLength(shape));
  }
}

function shapeOf({ variant }: VariantRef): ConvShape {
  for (const kernel of unfoldedKernels)
    for (const side of unfoldedSides)
      if (unfoldedVariant(kernel, side) === variant)
        return convShape({
          ...{ channels, height: side, width: side, filters: 1 },
          ...{ kernelHeight: kernel, kernelWidth: kernel },
        });
  throw new RangeError(`expected a variant such as ${unfoldedVariant(3, 32)}; found ${variant}`);
}

/** Values that unfolding one image of ones writes. */
function writtenBy(ref: VariantRef, shape: ConvShape): number {
  const most = inputLength(shape) * shape.kernelHeight * shape.kernelWidth + beyond;
  const memory = new Memory(4 * (inputLength(shape) + most) + 1024);
  const input = memory.allocate("f32", inputLength(shape));
  const unfolded = memory.allocate("f32", most);
  input.view.fill(1);
  unfolded.view.fill(Number.NaN);
  compile(unfoldProgram(shape, 1), kernelTarget(ref), memory).call(input.address, unfolded.address);
  let written = 0;
  for (const value of unfolded.view) if (value === 1) written++;
  return written;
}
