/** Procedure of `gemm-tile-exactness`: random shapes and blocks, integer data, every element compared. */
import { Memory } from "../codegen/memory.ts";
import type { Bench, Cell, Procedure, VariantRef } from "../experiment.ts";
import { kernelTarget } from "../kernel-target.ts";
import { integerIn } from "../random.ts";
import type { GemmShape } from "./arguments.ts";
import { createGemm, type Gemm } from "./gemm.ts";
import { largestBlock, largestSide, shapeCount } from "./gemm-tile-exactness.experiment.ts";
import { variantText } from "./listing.ts";

export const procedure: Procedure = { run, code: variantText };

/** Magnitude of the integers: sums of 70 products of such stay below 2^24, where float32 is exact. */
const largestInteger = 100;

/** Room for three matrices and the workspaces of every block size. */
const memoryBytes = 16 * 2 ** 20;

async function run(_cell: Cell, bench: Bench): Promise<void> {
  for (const ref of bench.variants) {
    const random = bench.random("shapes");
    const arena = makeArena(ref);
    let mismatches = 0;
    for (let shape = 0; shape < shapeCount; shape++) {
      if (shape % 50 === 0) bench.progress(`shapes of ${ref.variant}`, shape, shapeCount, ref);
      mismatches += arena.tryShape(random);
    }
    bench.exact(ref, "mismatches", mismatches, mismatches === 0);
    bench.exact(ref, "cases", shapeCount);
  }
}

function makeArena(ref: VariantRef): { tryShape(random: () => number): number } {
  const memory = new Memory(memoryBytes);
  const operand = () => memory.allocate("f32", largestSide * largestSide);
  const [a, b, blocked, plain] = [operand(), operand(), operand(), operand()];
  const largest = { m: largestSide, n: largestSide, k: largestSide };
  const made = new Map<string, Gemm>();
  const gemm = (variant: string): Gemm => {
    const found =
      made.get(variant) ?? createGemm({ ...ref, target: kernelTarget(ref), variant, memory, shape: largest });
    made.set(variant, found);
    return found;
  };
  return {
    tryShape(random) {
      const [m, n, k] = [side(random), side(random), side(random)];
      const block = integerIn(random, 1, largestBlock);
      for (const { view } of [a, b]) {
        for (let i = 0; i < view.length; i++) view[i] = integerIn(random, -largestInteger, largestInteger);
      }
      const shape: GemmShape = { m, n, k };
      const variant = ref.variant === "blocked" ? `blocked-${block}` : ref.variant;
      blocked.view.fill(Number.NaN);
      gemm(variant).run({ ...shape, a: a.address, b: b.address, c: blocked.address });
      gemm("naive-ijk").run({ ...shape, a: a.address, b: b.address, c: plain.address });
      return differing(blocked.view, plain.view, m * n);
    },
  };
}

const side = (random: () => number): number => integerIn(random, 1, largestSide);

function differing(x: Float32Array, y: Float32Array, length: number): number {
  let count = 0;
  for (let i = 0; i < length; i++) if (x[i] !== y[i]) count++;
  return count;
}
