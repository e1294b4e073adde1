/** Procedure of `im2col-traffic`: checks and times each way of computing a layer, and states the bytes it moves. */

import { kernelText, nativeIsaOr } from "../codegen/compile.ts";
import type { Bench, Candidate, Cell, Procedure, VariantRef } from "../experiment.ts";
import { fillRandom } from "../gemm/contest.ts";
import { gemmText } from "../gemm/gemm.ts";
import { kernelIsa } from "../gemm/machines.ts";
import { kernelTarget } from "../kernel-target.ts";
import { im2col } from "./im2col.ts";
import { copyVariant, directVariant, directWideVariant, gemmVariant } from "./im2col-traffic.experiment.ts";
import { type ConvolutionLayer, createLayer, layerGemm } from "./layer.ts";
import { type Layer, layers } from "./layers.ts";
import { vectorLanes } from "./problem.ts";
import { directProgram, paddedLength, unfoldProgram } from "./programs/padded.ts";
import { convolutionReference, differsFromSums } from "./reference.ts";
import { convFlops, inputLength, isUnpadded, outputLength, patchLength, weightsLength } from "./shape.ts";

export const procedure: Procedure = { run, code };

async function run(cell: Cell, bench: Bench): Promise<void> {
  const layer = layerNamed(cell.workload);
  const [first] = bench.variants;
  if (!first) return;
  const made = createLayer(layer, kernelTarget(first));
  fillRandom(made.input.view, bench.random("input"));
  fillRandom(made.weights.view, bench.random("weights"));
  for (const ref of bench.variants) bench.exact(ref, "bytes-moved", bytesMoved(made, ref));
  const gemm = bench.variants.find((ref) => ref.variant === gemmVariant);
  // The ratio over the first variant, the plain direct loops, is recorded for all.
  const wide = bench.variants.find((ref) => ref.variant === directWideVariant);
  await bench.compare(candidates(made, bench), {
    pairs: gemm && wide ? [[gemm, wide] as const] : [],
    leastRounds: bench.settings.profile === "quick" ? 7 : 15,
    seconds: secondsBeyondLeast,
  });
}

const secondsBeyondLeast = 0.5;

function layerNamed(name: string): Layer {
  const found = layers.find((layer) => layer.name === name);
  if (found) return found;
  throw new RangeError(`expected a layer of kernels/conv/layers.ts; found ${name}`);
}

function candidates(layer: ConvolutionLayer, bench: Bench): readonly Candidate[] {
  let expected: Float64Array | undefined;
  const checkOutput = (run: () => void): string | null => {
    expected ??= convolutionReference(layer.shape, layer.input.view, layer.weights.view);
    layer.output.view.fill(Number.NaN);
    run();
    return differsFromSums(layer.output.view, expected, patchLength(layer.shape));
  };
  const flops = convFlops(layer.shape);
  const ways: Readonly<Record<string, Pick<Candidate, "run" | "check" | "flops">>> = {
    [directVariant]: { run: layer.direct, check: () => checkOutput(layer.direct), flops },
    [directWideVariant]: { run: layer.directWide, check: () => checkOutput(layer.directWide), flops },
    [gemmVariant]: { run: layer.lowered, check: () => checkOutput(layer.lowered), flops },
    [copyVariant]: { run: layer.unfold, check: () => checkCopy(layer) },
  };
  return bench.variants.flatMap((ref) => {
    const way = ways[ref.variant];
    return way ? [{ ...ref, ...way }] : [];
  });
}

function checkCopy(layer: ConvolutionLayer): string | null {
  const expected = new Float32Array(layer.unfolded.view.length);
  im2col(layer.shape, layer.input.view, expected);
  layer.unfolded.view.fill(Number.NaN);
  layer.unfold();
  const at = expected.findIndex((value, i) => value !== layer.unfolded.view[i]);
  return at < 0 ? null : `unfolded[${at}] must be ${expected[at]}; it is ${layer.unfolded.view[at]}`;
}

/**
 * Bytes that a way moves at the least when each buffer it uses is read or written once: padding reads the input and
 * writes the copy, unfolding reads the copy and writes the matrix, the product reads it again.
 */
function bytesMoved({ shape, unfolded }: ConvolutionLayer, { variant }: VariantRef): number {
  const padding = isUnpadded(shape) ? 0 : inputLength(shape) + paddedLength(shape);
  const result = weightsLength(shape) + outputLength(shape);
  const copy = padding + paddedLength(shape) + unfolded.view.length;
  if (variant === copyVariant) return 4 * copy;
  if (variant === gemmVariant) return 4 * (copy + unfolded.view.length + result);
  return 4 * (padding + paddedLength(shape) + result);
}

/** The code for the last layer but one, which has stride 1 and padding. */
async function code(ref: VariantRef): Promise<string | undefined> {
  const shape = layerNamed("resnet20-stage1");
  const target = kernelTarget(ref);
  const lanes =
    target === "js" ? 1 : vectorLanes({ element: "f32", isa: kernelIsa(target, nativeIsaOr("avx512")) });
  if (ref.variant === directVariant) return kernelText(directProgram(shape, 1), target);
  if (ref.variant === directWideVariant) return kernelText(directProgram(shape, lanes), target);
  const unfold = kernelText(unfoldProgram(shape, lanes), target);
  return ref.variant === copyVariant ? unfold : `${unfold}\n${gemmText(layerGemm, target)}`;
}
