/**
 * The common part of every timed GEMM experiment: operands of one product, and one checked candidate for each
 * variant of the cell. All variants of one thread share A and B and write the same C, and so do those of several, so
 * that none has better-placed operands.
 */
import { Memory } from "../codegen/memory.ts";
import type { Bench, Candidate, VariantRef } from "../experiment.ts";
import { kernelTarget } from "../kernel-target.ts";
import { isPeer } from "../variant.ts";
import type { GemmShape } from "./arguments.ts";
import { createGemm } from "./gemm.ts";
import { productMemoryBytes } from "./own-workloads.ts";
import { peerProduct } from "./peer-product.ts";
import { differsFromReference, type RealArray, referenceGemm } from "./reference.ts";
import { gemmWay } from "./way.ts";

/**
 * A candidate for each variant, each computing C = A B on the same random operands in [-1, 1). Variants of several
 * threads (`-2t`) have the same operands in a shared memory, so that no other variant pays for its being shared.
 */
export function productCandidates(
  shape: GemmShape,
  refs: readonly VariantRef[],
  bench: Bench,
): readonly Candidate[] {
  const isAlone = ({ variant }: VariantRef): boolean => gemmWay(variant).threads === 1;
  const alone = once(() =>
    operands(
      shape,
      refs.filter((ref) => isAlone(ref) && !isPeer(ref)),
      bench,
      false,
    ),
  );
  const together = once(() =>
    operands(
      shape,
      refs.filter((ref) => !isAlone(ref)),
      bench,
      true,
    ),
  );
  const expected = once(() => {
    const { a, b } = refs.some(isAlone) ? alone() : together();
    return referenceGemm({ ...shape, a: a.view, b: b.view });
  });
  return refs.map((ref): Candidate => {
    if (isPeer(ref)) {
      const { a, b, c } = alone();
      return peerProduct(ref, { shape, a: a.view, b: b.view, c: c.view }, expected, bench);
    }
    const { memory, a, b, c } = isAlone(ref) ? alone() : together();
    const way = gemmWay(ref.variant);
    const gemm = createGemm({ ...way, target: kernelTarget(ref), memory, shape });
    const call = { ...shape, a: a.address, b: b.address, c: c.address };
    const run = (): void => gemm.run(call);
    const check = (): string | null => {
      bench.progress(`checking ${ref.variant}`, undefined, undefined, ref);
      c.view.fill(Number.NaN);
      run();
      return differsFromReference(expected(), c.view);
    };
    return { ...ref, run, check, flops: 2 * shape.m * shape.n * shape.k, threads: way.threads };
  });
}

/** A, B and C in a memory with room for what these variants need besides. */
function operands({ m, n, k }: GemmShape, refs: readonly VariantRef[], bench: Bench, shared: boolean) {
  const threads = refs.reduce((sum, { variant }) => sum + gemmWay(variant).threads, 0);
  const memory = new Memory(productMemoryBytes({ m, n, k }, threads), { shared });
  const a = memory.allocate("f32", m * k);
  const b = memory.allocate("f32", k * n);
  const c = memory.allocate("f32", m * n);
  fillRandom(a.view, bench.random("A"));
  fillRandom(b.view, bench.random("B"));
  return { memory, a, b, c };
}

/** Uniform values in [-1, 1). */
export function fillRandom(view: RealArray, random: () => number): void {
  for (let i = 0; i < view.length; i++) view[i] = 2 * random() - 1;
}

function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
