/**
 * One convolutional layer ready to run: operands in a memory, and each way of computing it as a function without
 * arguments. What the ways share (padded copy, output) is shared here, so that they are compared on equal terms.
 */
import { type CompileOptions, compile, type KernelTarget } from "../codegen/compile.ts";
import { type Allocation, Memory } from "../codegen/memory.ts";
import { createGemm } from "../gemm/gemm.ts";
import { kernelIsa } from "../gemm/machines.ts";
import { vectorLanes } from "./problem.ts";
import { directProgram, paddedLength, padProgram, unfoldProgram } from "./programs/padded.ts";
import {
  type ConvShape,
  inputLength,
  isUnpadded,
  outputLength,
  patchLength,
  positions,
  weightsLength,
} from "./shape.ts";

/** The GEMM that lowered layers use: the plan that suits the shape. */
export const layerGemm = "auto";

export interface ConvolutionLayer {
  readonly shape: ConvShape;
  readonly input: Allocation<"f32">;
  readonly weights: Allocation<"f32">;
  readonly output: Allocation<"f32">;
  /** The unfolded matrix [patch x positions]: the copy that lowering makes. */
  readonly unfolded: Allocation<"f32">;
  /** Pads, then runs the direct loops with so many columns at once (as many as compiled for). */
  direct(): void;
  directWide(): void;
  /** Pads and unfolds: the copy alone. */
  unfold(): void;
  /** Pads, unfolds and multiplies. */
  lowered(): void;
}

/** Compiles every way of computing a layer. */
export function createLayer(
  shape: ConvShape,
  target: KernelTarget,
  options: CompileOptions = {},
): ConvolutionLayer {
  const memory = new Memory(memoryBytes(shape));
  const input = memory.allocate("f32", inputLength(shape));
  const weights = memory.allocate("f32", weightsLength(shape));
  const output = memory.allocate("f32", outputLength(shape));
  const unfolded = memory.allocate("f32", patchLength(shape) * positions(shape));
  const padded = isUnpadded(shape) ? input : memory.allocate("f32", paddedLength(shape));
  // On js the wide programs would run the lanes one after the other.
  const lanes = target === "js" ? 1 : vectorLanes({ element: "f32", isa: kernelIsa(target, options.isa) });
  const padKernel = compile(padProgram(shape, lanes), target, memory, options);
  const directKernel = compile(directProgram(shape, 1), target, memory, options);
  const wideKernel = compile(directProgram(shape, lanes), target, memory, options);
  const unfoldKernel = compile(unfoldProgram(shape, lanes), target, memory, options);
  const product = { m: shape.filters, n: positions(shape), k: patchLength(shape) };
  const gemm = createGemm({ variant: layerGemm, target, memory, shape: product, ...options });
  const pad = (): void => {
    if (padded !== input) padKernel.call(input.address, padded.address);
  };
  const unfold = (): void => {
    pad();
    unfoldKernel.call(padded.address, unfolded.address);
  };
  return {
    shape,
    input,
    weights,
    output,
    unfolded,
    direct: () => {
      pad();
      directKernel.call(padded.address, weights.address, output.address);
    },
    directWide: () => {
      pad();
      wideKernel.call(padded.address, weights.address, output.address);
    },
    unfold,
    lowered: () => {
      unfold();
      gemm.run({ ...product, a: weights.address, b: unfolded.address, c: output.address });
    },
  };
}

/** Operands, padded and unfolded input, and as much again for the workspace of the product. */
function memoryBytes(shape: ConvShape): number {
  const unfolded = (patchLength(shape) + 64) * (positions(shape) + 64);
  const operands = inputLength(shape) + 2 * weightsLength(shape) + outputLength(shape) + paddedLength(shape);
  return 4 * (operands + 2 * unfolded + 64 * (patchLength(shape) + shape.filters)) + 65536;
}
