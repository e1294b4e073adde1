/** Procedure of `gemv-rate`: GEMV and packed GEMM on one large matrix, with the streaming ceiling beside them. */
import { Memory } from "../codegen/memory.ts";
import type { Bench, Candidate, Cell, Procedure, VariantRef } from "../experiment.ts";
import { kernelTarget } from "../kernel-target.ts";
import { largestCacheBytes } from "../measure/machine.ts";
import { fillRandom } from "./contest.ts";
import { createGemm } from "./gemm.ts";
import { createGemv } from "./gemv.ts";
import { gemmColumns, gemvVariant, matrixSide } from "./gemv-rate.experiment.ts";
import { variantText } from "./listing.ts";
import { differsFromReference, referenceGemm } from "./reference.ts";

export const procedure: Procedure = {
  run,
  code: async (ref) =>
    ref.variant === gemvVariant
      ? createGemv({ ...ref, target: kernelTarget(ref), memory: new Memory(0) }).kernel.text
      : variantText(ref),
};

/** Room for the packed copies of the GEMM, which are one block each, and for alignment. */
const workspaceBytes = 32 * 2 ** 20;

async function run(cell: Cell, bench: Bench): Promise<void> {
  const side = matrixSide(cell.workload);
  const memory = new Memory(4 * side * side + 4 * 2 * side * (gemmColumns + 1) + workspaceBytes);
  const a = memory.allocate("f32", side * side);
  bench.progress(`filling a matrix of ${(4 * side * side) / 2 ** 20} MiB`);
  fillRandom(a.view, bench.random("matrix"));
  const operands = { memory, side, a, random: bench.random("operands") };
  for (const ref of bench.variants) bench.exact(ref, "last-level-cache", largestCacheBytes() ?? 0);
  const candidates = bench.variants.map((ref) =>
    ref.variant === gemvVariant ? gemvCandidate(ref, operands) : gemmCandidate(ref, operands),
  );
  await bench.compare(candidates);
}

interface Operands {
  readonly memory: Memory;
  readonly side: number;
  readonly a: { readonly view: Float32Array; readonly address: number };
  readonly random: () => number;
}

function gemvCandidate(ref: VariantRef, { memory, side, a, random }: Operands): Candidate {
  const x = memory.allocate("f32", side);
  const y = memory.allocate("f32", side);
  fillRandom(x.view, random);
  const gemv = createGemv({ variant: ref.variant, target: kernelTarget(ref), memory });
  const call = { m: side, n: side, a: a.address, x: x.address, y: y.address };
  const run = (): void => gemv.run(call);
  const check = (): string | null => {
    y.view.fill(Number.NaN);
    run();
    const reference = referenceGemm({ m: side, n: 1, k: side, a: a.view, b: x.view });
    return differsFromReference(reference, y.view);
  };
  // Of what a GEMV moves, the matrix is all but a thousandth.
  return { ...ref, run, check, flops: 2 * side * side, bytes: 4 * side * side };
}

function gemmCandidate(ref: VariantRef, { memory, side, a, random }: Operands): Candidate {
  const b = memory.allocate("f32", side * gemmColumns);
  const c = memory.allocate("f32", side * gemmColumns);
  fillRandom(b.view, random);
  const shape = { m: side, n: gemmColumns, k: side };
  const gemm = createGemm({ variant: ref.variant, target: kernelTarget(ref), memory, shape });
  const call = { ...shape, a: a.address, b: b.address, c: c.address };
  const run = (): void => gemm.run(call);
  const check = (): string | null => {
    c.view.fill(Number.NaN);
    run();
    return differsFromReference(referenceGemm({ ...shape, a: a.view, b: b.view }), c.view);
  };
  // The matrix once, and the two narrow operands once each.
  const bytes = 4 * side * (side + 2 * gemmColumns);
  return { ...ref, run, check, flops: 2 * side * side * gemmColumns, bytes };
}
