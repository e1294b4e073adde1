/**
 * The common part of every timed comparison of convolutions: operands of one layer, and a checked candidate for each
 * variant of the cell. All variants of a layout read the same input and weights and write the same output; those of several
 * threads (`-2t`) have equal operands in a shared memory, so that no other variant pays for its being shared.
 */
import { Memory } from "../codegen/memory.ts";
import type { Bench, Candidate, VariantRef } from "../experiment.ts";
import { fillRandom } from "../gemm/contest.ts";
import { kernelTarget } from "../kernel-target.ts";
import { isPeer } from "../variant.ts";
import type { ConvAlgorithm } from "./algorithm.ts";
import { im2colUnpacked } from "./algorithms/im2col.ts";
import { sevenLoops } from "./algorithms/seven-loops.ts";
import { convAlgorithms } from "./algorithms.ts";
import { makeConvolution, operandBytes, ownBytes, problemOf, workOf } from "./convolution.ts";
import { peerConvolution } from "./peer-convolution.ts";
import {
  differsFromSample,
  type SampledReference,
  sampledError,
  sampledReference,
} from "./sampled-reference.ts";
import { type ConvShape, inputLength, type Layout, layouts, outputLength, weightsLength } from "./shape.ts";
import { convWay } from "./way.ts";

/** What can be compared: the table, and what it is an answer to. */
export const comparedAlgorithms: readonly ConvAlgorithm<string>[] = [
  ...convAlgorithms,
  sevenLoops,
  im2colUnpacked,
];

/** The algorithm of a variant. @throws RangeError for a name that none has. */
export function comparedAlgorithm(variant: string): ConvAlgorithm<string> {
  const { algorithm } = convWay(variant);
  const found = comparedAlgorithms.find(({ id }) => id === algorithm);
  if (found) return found;
  const known = comparedAlgorithms.map(({ id }) => id).join(", ");
  throw new RangeError(`expected a convolution by ${known}; found ${variant}`);
}

export interface ContestOptions {
  /** Whether multiplications and the largest error of each variant are recorded too. */
  readonly errors?: boolean;
}

/** A candidate for each of our variants on one image, with its memory and its traffic recorded beside it. */
export function layerCandidates(
  shape: ConvShape,
  refs: readonly VariantRef[],
  bench: Bench,
  { errors = false }: ContestOptions = {},
): readonly Candidate[] {
  const isAlone = (ref: VariantRef): boolean => isPeer(ref) || convWay(ref.variant).threads === 1;
  const [alone, together] = [true, false].map((one) => {
    const own = refs.filter((ref) => isAlone(ref) === one);
    return own.length > 0 ? operandsOf(shape, own, bench, !one) : undefined;
  });
  return refs.map((ref): Candidate => {
    const operands = (isAlone(ref) ? alone : together) as ReturnType<typeof operandsOf>;
    if (isPeer(ref)) {
      const { input, output, reference } = operands.of("nchw");
      const given = { shape, input: input.view, weights: operands.weights.view, output: output.view };
      return peerConvolution(ref, given, reference, bench);
    }
    const algorithm = comparedAlgorithm(ref.variant);
    const { layout, threads } = convWay(ref.variant);
    const { weights } = operands;
    const { input, output, reference } = operands.of(layout);
    const target = kernelTarget(ref);
    const made = makeConvolution(algorithm, { layout, shape, target, threads, memory: operands.memory });
    bench.exact(ref, "workspace", made.workspaceBytes);
    const { bytesMoved, multiplications } = workOf(algorithm, made.problem);
    bench.exact(ref, "bytes-moved", bytesMoved);
    if (errors) bench.exact(ref, "macs", multiplications);
    made.prepare(weights.address);
    const call = { input: input.address, output: output.address };
    const run = (): void => made.run(call);
    const check = (): string | null => {
      bench.progress(`checking ${ref.variant}`, undefined, undefined, ref);
      output.view.fill(Number.NaN);
      run();
      if (errors) bench.exact(ref, "max-error", sampledError(reference(), output.view));
      return differsFromSample(reference(), output.view, algorithm.tolerance);
    };
    // What it does itself, so that nothing that multiplies less exceeds the peak of the core.
    return { ...ref, run, check, flops: 2 * multiplications, ...(threads > 1 && { threads }) };
  });
}

/** Bytes that the candidates of a cell need: operands once for each layout, and what each variant takes besides. */
export function contestBytes(shape: ConvShape, refs: readonly VariantRef[]): number {
  const own = refs
    .filter((ref) => !isPeer(ref))
    .map((ref) => {
      const { layout, threads } = convWay(ref.variant);
      const problem = problemOf({ layout, shape, target: kernelTarget(ref), threads });
      return ownBytes(comparedAlgorithm(ref.variant), problem);
    });
  const operands = operandBytes(problemOf({ layout: "nchw", shape, target: "js" }));
  return own.reduce((sum, bytes) => sum + bytes, layouts.length * operands) + 4096;
}

function operandsOf(shape: ConvShape, refs: readonly VariantRef[], bench: Bench, shared: boolean) {
  const memory = new Memory(contestBytes(shape, refs), { shared });
  const weights = memory.allocate("f32", weightsLength(shape));
  fillRandom(weights.view, bench.random("weights"));
  const made = new Map<Layout, ReturnType<typeof ofLayout>>();
  const ofLayout = (layout: Layout) => {
    const input = memory.allocate("f32", inputLength(shape));
    fillRandom(input.view, bench.random("input"));
    const output = memory.allocate("f32", outputLength(shape));
    let reference: SampledReference | undefined;
    return {
      ...{ input, output },
      reference: () => {
        reference ??= sampledReference(shape, layout, input.view, weights.view);
        return reference;
      },
    };
  };
  const of = (layout: Layout): ReturnType<typeof ofLayout> => {
    const known = made.get(layout) ?? ofLayout(layout);
    made.set(layout, known);
    return known;
  };
  return { memory, weights, of };
}
