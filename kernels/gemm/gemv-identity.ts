/** Procedure of `gemv-identity`: GEMM with one column and GEMV on random shapes, compared bit by bit. */
import { Memory } from "../codegen/memory.ts";
import type { Bench, Cell, Procedure, VariantRef } from "../experiment.ts";
import { kernelTarget } from "../kernel-target.ts";
import { integerIn } from "../random.ts";
import { fillRandom } from "./contest.ts";
import { createGemm, gemmText } from "./gemm.ts";
import { createGemv } from "./gemv.ts";
import { identityLargestSide, identityShapes } from "./gemv-identity.experiment.ts";

export const procedure: Procedure = {
  run,
  code: async (ref) => gemmText(plainVariant, kernelTarget(ref), { arithmetic: "strict" }),
};

/** Sums each element of C in ascending k in one register, as `gemv-dot` sums each element of y. */
const plainVariant = "naive-ijk";

async function run(_cell: Cell, bench: Bench): Promise<void> {
  for (const ref of bench.variants) {
    const tryShape = comparison(ref);
    const random = bench.random("shapes");
    let mismatches = 0;
    for (let shape = 0; shape < identityShapes; shape++) {
      if (shape % 20 === 0) bench.progress("shapes", shape, identityShapes, ref);
      mismatches += tryShape(random);
    }
    bench.exact(ref, "mismatches", mismatches, mismatches === 0);
    bench.exact(ref, "cases", identityShapes);
  }
}

/** Multiplies one random matrix both ways and counts elements whose bits differ. */
function comparison(ref: VariantRef): (random: () => number) => number {
  const side = identityLargestSide;
  const memory = new Memory(4 * (side * side + 3 * side) + 4096);
  const target = kernelTarget(ref);
  const a = memory.allocate("f32", side * side);
  const [x, y, c] = [
    memory.allocate("f32", side),
    memory.allocate("f32", side),
    memory.allocate("f32", side),
  ];
  const options = { target, memory, arithmetic: "strict" } as const;
  const gemm = createGemm({ ...options, variant: plainVariant, shape: { m: side, n: 1, k: side } });
  const gemv = createGemv({ ...options, variant: "gemv-dot" });
  return (random) => {
    const [m, k] = [integerIn(random, 1, side), integerIn(random, 1, side)];
    fillRandom(a.view, random);
    fillRandom(x.view, random);
    c.view.fill(Number.NaN);
    y.view.fill(Number.NaN);
    gemm.run({ m, n: 1, k, a: a.address, b: x.address, c: c.address });
    gemv.run({ m, n: k, a: a.address, x: x.address, y: y.address });
    return differentBits(memory.view("i32", c.address, m), memory.view("i32", y.address, m));
  };
}

function differentBits(left: Int32Array, right: Int32Array): number {
  return left.reduce((count, bits, i) => count + (bits === right[i] ? 0 : 1), 0);
}
