/**
 * Procedure of `network-profile`: every layer of the network on random activations of its own size, checked against
 * float64 and timed; layers are interleaved, so that drift hits all alike.
 */
import { compile, type KernelTarget, kernelText, nativeIsaOr } from "../codegen/compile.ts";
import { Memory } from "../codegen/memory.ts";
import type { Program } from "../codegen/statements.ts";
import type { Bench, Candidate, Cell, Procedure, VariantRef } from "../experiment.ts";
import { fillRandom } from "../gemm/contest.ts";
import { gemmText } from "../gemm/gemm.ts";
import { createGemv } from "../gemm/gemv.ts";
import { kernelIsa } from "../gemm/machines.ts";
import { differsFromReference, referenceGemm } from "../gemm/reference.ts";
import { kernelTarget } from "../kernel-target.ts";
import { createLayer, layerGemm } from "./layer.ts";
import {
  type ConvLayer,
  type DenseLayer,
  type NetworkLayer,
  networkLayers,
  type PointwiseLayer,
} from "./network.ts";
import { normProgram, poolProgram, reluProgram } from "./pointwise.ts";
import { pointwiseReference } from "./pointwise-reference.ts";
import { vectorLanes } from "./problem.ts";
import { convolutionReference, differsFromSums } from "./reference.ts";
import { convFlops, patchLength } from "./shape.ts";

export const procedure: Procedure = { run, code };

async function run(_cell: Cell, bench: Bench): Promise<void> {
  const candidates = bench.variants.map((ref) => ({
    ...ref,
    ...prepare(layerNamed(ref.variant), ref, bench),
  }));
  await bench.compare(candidates, { against: null });
}

function layerNamed(name: string): NetworkLayer {
  const found = networkLayers.find((layer) => layer.name === name);
  if (found) return found;
  throw new RangeError(`expected a layer of kernels/conv/network.ts; found ${name}`);
}

type Work = Pick<Candidate, "run" | "check" | "flops" | "bytes">;

function prepare(layer: NetworkLayer, ref: VariantRef, bench: Bench): Work {
  const random = bench.random(layer.name);
  const target = kernelTarget(ref);
  if (layer.kind === "conv") return convolution(layer, target, random);
  if (layer.kind === "dense") return dense(layer, target, random);
  return pointwise(layer, target, random);
}

function convolution({ shape }: ConvLayer, target: KernelTarget, random: () => number): Work {
  const made = createLayer(shape, target);
  fillRandom(made.input.view, random);
  fillRandom(made.weights.view, random);
  const check = (): string | null => {
    made.output.view.fill(Number.NaN);
    made.lowered();
    const expected = convolutionReference(shape, made.input.view, made.weights.view);
    return differsFromSums(made.output.view, expected, patchLength(shape));
  };
  return { run: made.lowered, check, flops: convFlops(shape) };
}

/** A fully connected layer at batch 1: a matrix-vector product, every weight used once. */
function dense({ inputs, outputs }: DenseLayer, target: KernelTarget, random: () => number): Work {
  const memory = new Memory(4 * (inputs * outputs + inputs + outputs) + 4096);
  const a = memory.allocate("f32", inputs * outputs);
  const x = memory.allocate("f32", inputs);
  const y = memory.allocate("f32", outputs);
  fillRandom(a.view, random);
  fillRandom(x.view, random);
  const gemv = createGemv({ variant: "gemv-dot-simd", target, memory });
  const run = (): void => gemv.run({ m: outputs, n: inputs, a: a.address, x: x.address, y: y.address });
  const check = (): string | null => {
    y.view.fill(Number.NaN);
    run();
    const reference = referenceGemm({ m: outputs, n: 1, k: inputs, a: a.view, b: x.view });
    return differsFromReference(reference, y.view);
  };
  return { run, check, flops: 2 * inputs * outputs, bytes: 4 * inputs * outputs };
}

function pointwise(layer: PointwiseLayer, target: KernelTarget, random: () => number): Work {
  const length = layer.size.channels * layer.size.height * layer.size.width;
  const memory = new Memory(8 * length + 4096);
  const input = memory.allocate("f32", length);
  fillRandom(input.view, random);
  const expected = pointwiseReference(layer, input.view);
  const output = memory.allocate("f32", expected.length);
  const kernel = compile(pointwiseProgram(layer, target), target, memory);
  const run = (): void => kernel.call(input.address, output.address);
  const check = (): string | null => {
    output.view.fill(Number.NaN);
    run();
    return differsFromSums(output.view, expected, pointwiseRoundings);
  };
  return { run, check };
}

/** Roundings behind one normalised value: five squares, a division and three roots and products, amply counted. */
const pointwiseRoundings = 16;

function pointwiseProgram({ kind, size }: PointwiseLayer, target: KernelTarget): Program {
  const lanes =
    target === "js" ? 1 : vectorLanes({ element: "f32", isa: kernelIsa(target, nativeIsaOr("avx512")) });
  if (kind === "relu") return reluProgram(size, lanes);
  return kind === "norm" ? normProgram(size, lanes) : poolProgram(size);
}

async function code(ref: VariantRef): Promise<string | undefined> {
  const layer = layerNamed(ref.variant);
  const target = kernelTarget(ref);
  if (layer.kind === "conv") return gemmText(layerGemm, target);
  if (layer.kind === "dense")
    return createGemv({ variant: "gemv-dot-simd", target, memory: new Memory(0) }).kernel.text;
  return kernelText(pointwiseProgram(layer, target), target);
}
