/** Procedure of `conv-as-gemm`: random layers, integer data compared exactly and float32 data within a tolerance. */
import type { Bench, Cell, Procedure, VariantRef } from "../experiment.ts";
import { fillRandom } from "../gemm/contest.ts";
import { variantText } from "../gemm/listing.ts";
import { kernelTarget } from "../kernel-target.ts";
import { integerIn } from "../random.ts";
import { shapeCount } from "./conv-as-gemm.experiment.ts";
import { type ConvolutionLayer, createLayer, layerGemm } from "./layer.ts";
import { randomConvShape } from "./random-shape.ts";
import { convolutionReference } from "./reference.ts";

export const procedure: Procedure = {
  run,
  code: (ref) => variantText({ ...ref, variant: layerGemm }),
};

/** Sums of at most 16 * 25 products of such integers stay far below 2^24, where float32 is exact. */
const largestInteger = 50;

async function run(_cell: Cell, bench: Bench): Promise<void> {
  for (const ref of bench.variants) {
    const { mismatches, largestError } = tryShapes(ref, bench);
    bench.exact(ref, "mismatches", mismatches, mismatches === 0);
    bench.exact(ref, "max-error", largestError);
    bench.exact(ref, "cases", shapeCount);
  }
}

function tryShapes(ref: VariantRef, bench: Bench): { mismatches: number; largestError: number } {
  const random = bench.random("layers");
  let mismatches = 0;
  let largestError = 0;
  for (let i = 0; i < shapeCount; i++) {
    if (i % 20 === 0) bench.progress("layers", i, shapeCount, ref);
    const layer = createLayer(randomConvShape(random), kernelTarget(ref));
    for (const { view } of [layer.input, layer.weights]) {
      for (let at = 0; at < view.length; at++) view[at] = integerIn(random, -largestInteger, largestInteger);
    }
    mismatches += lower(layer).mismatches;
    fillRandom(layer.input.view, random);
    fillRandom(layer.weights.view, random);
    largestError = Math.max(largestError, lower(layer).relativeError);
  }
  return { mismatches, largestError };
}

/** Elements that differ from the reference, and the largest error as a share of the largest output. */
function lower(layer: ConvolutionLayer): { mismatches: number; relativeError: number } {
  layer.output.view.fill(Number.NaN);
  layer.lowered();
  const expected = convolutionReference(layer.shape, layer.input.view, layer.weights.view);
  let mismatches = 0;
  let largest = 0;
  let error = 0;
  expected.forEach((value, i) => {
    const found = layer.output.view[i] as number;
    if (found !== value) mismatches++;
    largest = Math.max(largest, Math.abs(value));
    error = Math.max(error, Math.abs(found - value));
  });
  return { mismatches, relativeError: error === 0 ? 0 : error / largest };
}
