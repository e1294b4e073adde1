/**
 * Procedure of `im2col-passes`: both passes of random layers by readable unfolding and a GEMM without workspace, so
 * that whatever is copied is copied by the method and not by the product.
 */
import { type Allocation, Memory } from "../codegen/memory.ts";
import type { Bench, Cell, Procedure, VariantRef } from "../experiment.ts";
import { fillRandom } from "../gemm/contest.ts";
import { createGemm } from "../gemm/gemm.ts";
import { variantText } from "../gemm/listing.ts";
import { kernelTarget } from "../kernel-target.ts";
import { integerIn } from "../random.ts";
import { col2im, col2imOverwriting, im2col } from "./im2col.ts";
import {
  backwardVariant,
  differencesVariant,
  forwardVariant,
  overwritingVariant,
  passShapes,
} from "./im2col-passes.experiment.ts";
import { randomConvShape } from "./random-shape.ts";
import { convolutionReference, inputGradientReference } from "./reference.ts";
import { type ConvShape, inputLength, outputLength, patchLength, positions, weightsLength } from "./shape.ts";

export const procedure: Procedure = { run, code: (ref) => variantText({ ...ref, variant: unpackedGemm }) };

/** A product that reads its operands where they lie and takes no workspace. */
const unpackedGemm = "register-4x4";

/** Sums of at most 16 * 25 products of such integers stay far below 2^24, where float32 is exact. */
const largestInteger = 50;

async function run(_cell: Cell, bench: Bench): Promise<void> {
  for (const target of new Set(bench.variants.map((ref) => ref.target))) {
    const here = bench.variants.filter((ref) => ref.target === target);
    const forward = here.find((ref) => ref.variant === forwardVariant);
    if (forward) runForward(forward, bench);
    const backward = here.filter((ref) => ref.variant !== forwardVariant);
    if (backward.length > 0) runBackward(backward, bench);
  }
}

function runForward(ref: VariantRef, bench: Bench): void {
  const random = bench.random("forward layers");
  let mismatches = 0;
  let workspace = 0;
  let unfoldedBytes = 0;
  for (let i = 0; i < passShapes; i++) {
    if (i % 10 === 0) bench.progress("forward passes", i, passShapes, ref);
    const outcome = forwardPass(randomConvShape(random), ref, random);
    mismatches += outcome.mismatches;
    workspace += outcome.workspace;
    unfoldedBytes += outcome.unfoldedBytes;
  }
  bench.exact(ref, "mismatches", mismatches, mismatches === 0);
  bench.exact(ref, "workspace", workspace);
  bench.exact(ref, "unfolded-input", unfoldedBytes);
  bench.exact(ref, "cases", passShapes);
}

/** Memory starts every allocation at a multiple of this. */
const alignment = 64;

function forwardPass(shape: ConvShape, ref: VariantRef, random: () => number) {
  const product = { m: shape.filters, n: positions(shape), k: patchLength(shape) };
  const memory = new Memory(4 * (operandLength(shape) + product.n * product.k) + 8 * alignment);
  const input = memory.allocate("f32", inputLength(shape));
  const weights = memory.allocate("f32", weightsLength(shape));
  const output = memory.allocate("f32", outputLength(shape));
  for (const { view } of [input, weights]) {
    for (let at = 0; at < view.length; at++) view[at] = integerIn(random, -largestInteger, largestInteger);
  }
  output.view.fill(Number.NaN);
  const before = memory.mark();
  const unfolded = memory.allocate("f32", product.n * product.k);
  const gemm = createGemm({ variant: unpackedGemm, target: kernelTarget(ref), memory, shape: product });
  im2col(shape, input.view, unfolded.view);
  gemm.run({ ...product, a: weights.address, b: unfolded.address, c: output.address });
  const expected = convolutionReference(shape, input.view, weights.view);
  return {
    mismatches: expected.reduce((sum, value, at) => sum + (value === output.view[at] ? 0 : 1), 0),
    workspace: memory.mark() - before,
    unfoldedBytes: Math.ceil((4 * unfolded.view.length) / alignment) * alignment,
  };
}

const operandLength = (shape: ConvShape): number =>
  inputLength(shape) + 2 * weightsLength(shape) + outputLength(shape);

function runBackward(refs: readonly VariantRef[], bench: Bench): void {
  const random = bench.random("backward layers");
  const [first] = refs;
  const errors = { [backwardVariant]: 0, [differencesVariant]: 0, [overwritingVariant]: 0 };
  for (let i = 0; first && i < passShapes; i++) {
    if (i % 10 === 0) bench.progress("backward passes", i, passShapes, first);
    const found = backwardErrors(randomConvShape(random), first, random);
    for (const variant of Object.keys(errors) as (keyof typeof errors)[]) {
      errors[variant] = Math.max(errors[variant], found[variant]);
    }
  }
  for (const ref of refs) {
    const error = errors[ref.variant as keyof typeof errors];
    bench.exact(ref, "max-error", error);
    bench.exact(ref, "cases", passShapes);
  }
}

/** Errors of one layer's input gradient as a share of its largest element, by how it was made or checked. */
function backwardErrors(shape: ConvShape, ref: VariantRef, random: () => number) {
  const memory = new Memory(
    4 * (operandLength(shape) + patchLength(shape) * positions(shape)) + 8 * alignment,
  );
  const weights = memory.allocate("f32", weightsLength(shape));
  const outputGradient = memory.allocate("f32", outputLength(shape));
  fillRandom(weights.view, random);
  fillRandom(outputGradient.view, random);
  const columns = columnGradient(shape, ref, memory, weights, outputGradient);
  const gradient = new Float32Array(inputLength(shape));
  const overwritten = new Float32Array(inputLength(shape));
  col2im(shape, columns, gradient);
  col2imOverwriting(shape, columns, overwritten);
  const expected = inputGradientReference(shape, outputGradient.view, weights.view);
  const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), Number.MIN_VALUE);
  const distance = (found: Float32Array): number =>
    expected.reduce((most, value, at) => Math.max(most, Math.abs(value - (found[at] as number))), 0) /
    largest;
  const differences = differencesError(shape, weights.view, outputGradient.view, gradient, random);
  return {
    [backwardVariant]: distance(gradient),
    [overwritingVariant]: distance(overwritten),
    [differencesVariant]: differences / largest,
  };
}

/** The gradient in column form [patch x positions]: transposed kernels times the output's gradient, one GEMM. */
function columnGradient(
  shape: ConvShape,
  ref: VariantRef,
  memory: Memory,
  weights: Allocation<"f32">,
  outputGradient: Allocation<"f32">,
): Float32Array {
  const product = { m: patchLength(shape), n: positions(shape), k: shape.filters };
  const transposed = memory.allocate("f32", weightsLength(shape));
  const columns = memory.allocate("f32", product.m * product.n);
  transposed.view.forEach((_, at) => {
    const [row, filter] = [Math.floor(at / shape.filters), at % shape.filters];
    transposed.view[at] = weights.view[filter * product.m + row] as number;
  });
  const gemm = createGemm({ variant: unpackedGemm, target: kernelTarget(ref), memory, shape: product });
  gemm.run({ ...product, a: transposed.address, b: outputGradient.address, c: columns.address });
  return columns.view;
}

/** Input elements of each layer whose derivative is taken by differences; each costs two forward passes. */
const differencedElements = 4;
/** The layer is linear, so any step is right; a power of two adds no rounding of its own. */
const step = 2 ** -4;

/** Largest distance of the gradient from central differences of the loss <output, outputGradient>. */
function differencesError(
  shape: ConvShape,
  weights: Float32Array,
  outputGradient: Float32Array,
  gradient: Float32Array,
  random: () => number,
): number {
  const input = new Float32Array(inputLength(shape));
  const loss = (at: number, value: number): number => {
    input[at] = value;
    const output = convolutionReference(shape, input, weights);
    input[at] = 0;
    return output.reduce((sum, y, i) => sum + y * (outputGradient[i] as number), 0);
  };
  let worst = 0;
  for (let i = 0; i < differencedElements; i++) {
    const at = integerIn(random, 0, input.length - 1);
    const derivative = (loss(at, step) - loss(at, -step)) / (2 * step);
    worst = Math.max(worst, Math.abs(derivative - (gradient[at] as number)));
  }
  return worst;
}
