/**
 * Plans of one product as candidates of a comparison. Unlike gemm/contest.ts each is compiled when its turn to be
 * checked has come, and announced before: a plan that cannot be made fails alone.
 */

import { bytesOf } from "../codegen/expressions.ts";
import { Memory } from "../codegen/memory.ts";
import type { Bench, Candidate, VariantRef } from "../experiment.ts";
import type { GemmShape, Real } from "../gemm/arguments.ts";
import { fillRandom } from "../gemm/contest.ts";
import { createGemm, type Gemm } from "../gemm/gemm.ts";
import { kernelIsa } from "../gemm/machines.ts";
import {
  differsFromReference,
  type GemmReference,
  type RealArray,
  referenceGemm,
} from "../gemm/reference.ts";
import { planGemm } from "../gemm/variants.ts";
import { gemmWay } from "../gemm/way.ts";
import { kernelTarget } from "../kernel-target.ts";

/** Candidates that all compute C = A B on the same random operands in [-1, 1), checked by about `work` multiply-adds. */
export function gemmCandidates(
  shape: GemmShape,
  element: Real,
  refs: readonly VariantRef[],
  bench: Bench,
  work?: number,
): readonly Candidate[] {
  const { m, n, k } = shape;
  const shared = refs.some(({ variant }) => gemmWay(variant).threads > 1);
  const memory = new Memory(bytesFor(shape, element, refs), { shared });
  const [a, b, c] = [m * k, k * n, m * n].map((room) => memory.allocate(element, room)) as [
    Operand,
    Operand,
    Operand,
  ];
  fillRandom(a.view, bench.random("A"));
  fillRandom(b.view, bench.random("B"));
  let expected: GemmReference | undefined;
  return refs.map((ref): Candidate => {
    let gemm: Gemm | undefined;
    const way = gemmWay(ref.variant);
    const call = { ...shape, a: a.address, b: b.address, c: c.address };
    const run = (): void => {
      gemm ??= createGemm({ ...way, target: kernelTarget(ref), memory, shape, element });
      gemm.run(call);
    };
    const check = (): string | null => {
      expected ??= referenceGemm({ ...shape, a: a.view, b: b.view }, element, work);
      c.view.fill(Number.NaN);
      run();
      return differsFromReference(expected, c.view);
    };
    return { ...ref, run, check, flops: 2 * m * n * k, threads: way.threads };
  });
}

interface Operand {
  readonly address: number;
  readonly view: RealArray;
}

const threadsOf = (refs: readonly VariantRef[]): number =>
  Math.max(1, ...refs.map(({ variant }) => gemmWay(variant).threads));

/** Room for rounding up to whole cache lines and pages, for each allocation. */
const slack = 4096;

/** Memory for the operands and every candidate's workspace, whichever way its shape is read. */
function bytesFor(shape: GemmShape, element: Real, refs: readonly VariantRef[]): number {
  const { m, n, k } = shape;
  const turned = { m: n, n: m, k };
  const workspaces = refs.map((ref) => {
    try {
      const { variant, threads, isa } = gemmWay(ref.variant);
      const { workspace } = planGemm(variant, element, kernelIsa(kernelTarget(ref), isa), shape);
      // Each thread has one, and the kernel that the others are prepared beside.
      return (threads === 1 ? 1 : threads + 1) * Math.max(workspace(shape), workspace(turned));
    } catch {
      return 0; // it will say so itself when it is its turn
    }
  });
  const elements = m * k + k * n + m * n + workspaces.reduce((sum, each) => sum + each, 0);
  return elements * bytesOf[element] + slack * (2 * refs.length * threadsOf(refs) + 4);
}
