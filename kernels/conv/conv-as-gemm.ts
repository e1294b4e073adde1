/** Procedure of `conv-as-gemm`: random layers, integer data compared exactly and float32 data within a tolerance. */
import { Memory } from "../codegen/memory.ts";
import type { Bench, Cell, Procedure, VariantRef } from "../experiment.ts";
import { fillRandom } from "../gemm/contest.ts";
import { variantText } from "../gemm/listing.ts";
import { kernelTarget } from "../kernel-target.ts";
import { integerIn } from "../random.ts";
import { convAlgorithm } from "./algorithms.ts";
import { channelsVariant, generalWorkload, shapeCount } from "./conv-as-gemm.experiment.ts";
import { type Convolution, createConvolution, operandBytes, ownBytes, problemOf } from "./convolution.ts";
import { randomConvShape, randomGeneralShape } from "./random-shape.ts";
import { convolutionReference } from "./reference.ts";
import { type ConvShape, inputLength, outputLength, patchLength, taps, weightsLength } from "./shape.ts";

export const procedure: Procedure = {
  run,
  code: (ref) => variantText({ ...ref, variant: "auto" }),
};

/** Sums of at most 16 * 25 products of such integers stay far below 2^24, where float32 is exact. */
const largestInteger = 50;

async function run(cell: Cell, bench: Bench): Promise<void> {
  const shapeFrom = cell.workload === generalWorkload ? randomGeneralShape : randomConvShape;
  for (const ref of bench.variants) {
    const { mismatches, largestError } = tryShapes(ref, bench, shapeFrom);
    bench.exact(ref, "mismatches", mismatches, mismatches === 0);
    bench.exact(ref, "max-error", largestError);
    bench.exact(ref, "cases", shapeCount);
  }
}

function tryShapes(ref: VariantRef, bench: Bench, shapeFrom: typeof randomConvShape) {
  const random = bench.random("layers");
  let mismatches = 0;
  let largestError = 0;
  for (let i = 0; i < shapeCount; i++) {
    if (i % 20 === 0) bench.progress("layers", i, shapeCount, ref);
    const layer = layerOf(ref, shapeFrom(random));
    for (const view of [layer.input, layer.weights])
      for (let at = 0; at < view.length; at++) view[at] = integerIn(random, -largestInteger, largestInteger);
    mismatches += compared(layer).mismatches;
    fillRandom(layer.input, random);
    fillRandom(layer.weights, random);
    largestError = Math.max(largestError, compared(layer).relativeError);
  }
  return { mismatches, largestError };
}

/** One layer with its operands and the way that the variant computes it. */
interface Layer {
  readonly shape: ConvShape;
  readonly input: Float32Array;
  readonly weights: Float32Array;
  readonly output: Float32Array;
  compute(): void;
}

function layerOf(ref: VariantRef, shape: ConvShape): Layer {
  const target = kernelTarget(ref);
  const problem = problemOf({ layout: "nchw", shape, target });
  const im2col = convAlgorithm("im2col");
  const byChannel = ref.variant === channelsVariant;
  // Of layers without groups only: a channel of a group does not reach every filter.
  const computedShape = byChannel ? { ...shape, channels: 1 } : shape;
  const computed = problemOf({ layout: "nchw", shape: computedShape, target });
  const own = ownBytes(im2col, computed) + (byChannel ? operandBytes(computed) : 0);
  const memory = new Memory(operandBytes(problem) + own);
  const input = memory.allocate("f32", inputLength(shape));
  const weights = memory.allocate("f32", weightsLength(shape));
  const output = memory.allocate("f32", outputLength(shape));
  const made = createConvolution({
    ...{ algorithm: "im2col", layout: "nchw", target, memory },
    shape: computedShape,
  });
  const operands = { shape, input: input.view, weights: weights.view, output: output.view };
  if (byChannel) return { ...operands, compute: () => addChannels(operands, memory, made) };
  return {
    ...operands,
    compute: () => {
      made.prepare(weights.address);
      made.run({ input: input.address, output: output.address });
    },
  };
}

/** The output as the sum, over channels, of what each gives by itself. */
function addChannels(
  { shape, input, weights, output }: Omit<Layer, "compute">,
  memory: Memory,
  one: Convolution,
): void {
  const [plane, depth, area] = [shape.height * shape.width, patchLength(shape), taps(shape)];
  const mark = memory.mark();
  const image = memory.allocate("f32", plane);
  const kernels = memory.allocate("f32", shape.filters * area);
  const map = memory.allocate("f32", output.length);
  output.fill(0);
  for (let channel = 0; channel < shape.channels; channel++) {
    image.view.set(input.subarray(channel * plane, (channel + 1) * plane));
    for (let filter = 0; filter < shape.filters; filter++) {
      const first = filter * depth + channel * area;
      kernels.view.set(weights.subarray(first, first + area), filter * area);
    }
    one.prepare(kernels.address);
    one.run({ input: image.address, output: map.address });
    map.view.forEach((value, at) => {
      output[at] = (output[at] as number) + value;
    });
  }
  memory.release(mark);
}

/** Elements that differ from the reference, and the largest error as a share of the largest output. */
function compared(layer: Layer): { mismatches: number; relativeError: number } {
  layer.output.fill(Number.NaN);
  layer.compute();
  const expected = convolutionReference(layer.shape, layer.input, layer.weights);
  let mismatches = 0;
  let largest = 0;
  let error = 0;
  expected.forEach((value, i) => {
    const found = layer.output[i] as number;
    if (found !== value) mismatches++;
    largest = Math.max(largest, Math.abs(value));
    error = Math.max(error, Math.abs(found - value));
  });
  return { mismatches, relativeError: error === 0 ? 0 : error / largest };
}
