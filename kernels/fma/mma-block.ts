/** Procedure of `mma-block`: multiplies integers and float32 values with each unit and records counts. */
import type { Bench, Cell, Procedure } from "../experiment.ts";
import { integerIn } from "../random.ts";
import { type MmaCounts, multiplyByMacs, multiplyByMma, type Product } from "./mma.ts";
import { mmaShapes, scalarVariant, side } from "./mma-block.experiment.ts";

export const procedure: Procedure = { run };

/** Largest magnitude of integer data: sums of 48 products of such stay far below 2^24, where float32 is exact. */
const largestInteger = 8;

async function run(cell: Cell, bench: Bench): Promise<void> {
  const random = bench.random("operands");
  const problems = [
    randomProduct(() => integerIn(random, -largestInteger, largestInteger)),
    randomProduct(() => 2 * random() - 1),
  ];
  const expected = problems.map((problem) => {
    const product = fresh(problem);
    multiplyByMacs(product);
    return product.c;
  });
  for (const ref of cell.variants) {
    bench.progress(`counting ${ref.variant}`, undefined, undefined, ref);
    let mismatches = 0;
    let counts: MmaCounts | undefined;
    problems.forEach((problem, at) => {
      const product = fresh(problem);
      counts = multiply(product, ref.variant);
      mismatches += differing(product.c, expected[at] as Float32Array);
    });
    if (!counts) continue;
    bench.exact(ref, "reads-per-mac", counts.operandReads / counts.macs);
    bench.exact(ref, "macs", counts.macs);
    bench.exact(ref, "mma-steps", counts.steps);
    bench.exact(ref, "mismatches", mismatches, mismatches === 0);
  }
}

function multiply(product: Product, variant: string): MmaCounts {
  if (variant === scalarVariant) return multiplyByMacs(product);
  const shape = mmaShapes[variant];
  if (!shape)
    throw new RangeError(`unknown MMA variant ${variant}; known: ${Object.keys(mmaShapes).join(", ")}`);
  return multiplyByMma(product, shape);
}

function randomProduct(draw: () => number): Product {
  const matrix = (): Float32Array => Float32Array.from({ length: side * side }, draw);
  return { m: side, n: side, k: side, a: matrix(), b: matrix(), c: new Float32Array(side * side) };
}

function fresh(product: Product): Product {
  return { ...product, c: new Float32Array(product.c.length) };
}

/** Elements that are not the same bits, NaN counted as different from everything. */
function differing(a: Float32Array, b: Float32Array): number {
  return a.reduce((count, value, i) => count + (value === b[i] ? 0 : 1), 0);
}
