/**
 * The common part of every timed GEMM experiment: operands of one product, and one checked candidate for each
 * variant of the cell. All variants share A and B and write the same C, so that none has better-placed operands.
 */
import { Memory } from "../codegen/memory.ts";
import type { Bench, Candidate, VariantRef } from "../experiment.ts";
import { kernelTarget } from "../kernel-target.ts";
import { isPeer } from "../variant.ts";
import type { GemmShape } from "./arguments.ts";
import { createGemm } from "./gemm.ts";
import { peerProduct } from "./peer-product.ts";
import { differsFromReference, referenceGemm } from "./reference.ts";
import { gemmWay } from "./way.ts";

/** A candidate for each variant, each computing C = A B on the same random operands in [-1, 1). */
export function productCandidates(
  shape: GemmShape,
  refs: readonly VariantRef[],
  bench: Bench,
): readonly Candidate[] {
  const { m, n, k } = shape;
  // Workspace of a packed variant is at most a copy of A and of B, each rounded up to whole tiles and lines.
  const workspace = refs.length * (4 * (m + 64) * k + 4 * (n + 64) * k + 8192);
  const memory = new Memory(4 * (m * k + k * n + m * n) + workspace + 4096);
  const a = memory.allocate("f32", m * k);
  const b = memory.allocate("f32", k * n);
  const c = memory.allocate("f32", m * n);
  fillRandom(a.view, bench.random("A"));
  fillRandom(b.view, bench.random("B"));
  const expected = once(() => referenceGemm({ ...shape, a: a.view, b: b.view }));
  const operands = { shape, a: a.view, b: b.view, c: c.view };
  return refs.map((ref): Candidate => {
    if (isPeer(ref)) return peerProduct(ref, operands, expected, bench);
    const gemm = createGemm({ ...gemmWay(ref.variant), target: kernelTarget(ref), memory, shape });
    const call = { ...shape, a: a.address, b: b.address, c: c.address };
    const run = (): void => gemm.run(call);
    const check = (): string | null => {
      bench.progress(`checking ${ref.variant}`, undefined, undefined, ref);
      c.view.fill(Number.NaN);
      run();
      return differsFromReference(expected(), c.view);
    };
    return { ...ref, run, check, flops: 2 * m * n * k };
  });
}

/** Uniform float32 values in [-1, 1). */
export function fillRandom(view: Float32Array, random: () => number): void {
  for (let i = 0; i < view.length; i++) view[i] = 2 * random() - 1;
}

function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
