/** Procedure of `fma-rounding`: draws the dot products, sums them both ways and records the errors. */
import type { Bench, Cell, Procedure } from "../experiment.ts";
import { dotErrors, dotFused, dotRoundedTwice } from "./dot.ts";
import { dotLength, dotProductsOf, fusedVariant, twiceVariant } from "./fma-rounding.experiment.ts";

export const procedure: Procedure = { run };

/** Between two progress reports. */
const reportEvery = 100;

async function run(_cell: Cell, bench: Bench): Promise<void> {
  const random = bench.random("dot products");
  const dotProducts = dotProductsOf(bench.settings.profile);
  const fusedErrors = new Float64Array(dotProducts);
  const twiceErrors = new Float64Array(dotProducts);
  for (let i = 0; i < dotProducts; i++) {
    if (i % reportEvery === 0) bench.progress("dot products", i, dotProducts);
    const a = uniform(random);
    const b = uniform(random);
    const [fused, twice] = dotErrors(a, b, [dotFused(a, b), dotRoundedTwice(a, b)]) as [number, number];
    fusedErrors[i] = fused;
    twiceErrors[i] = twice;
  }
  record(bench, fusedErrors, twiceErrors);
}

/** Float32 values in [-1, 1): signs mixed, so that partial sums wander and roundings do not all point one way. */
function uniform(random: () => number): Float32Array {
  return Float32Array.from({ length: dotLength }, () => 2 * random() - 1);
}

function record(bench: Bench, fusedErrors: Float64Array, twiceErrors: Float64Array): void {
  const fused = { variant: fusedVariant, target: "js" } as const;
  const twice = { variant: twiceVariant, target: "js" } as const;
  const saved = twiceErrors.map((error, i) => error - (fusedErrors[i] as number));
  bench.exact(fused, "mean-error", mean(fusedErrors));
  bench.exact(twice, "mean-error", mean(twiceErrors));
  bench.exact(fused, "cases", fusedErrors.length);
  bench.exact(fused, "error-saved", mean(saved), null, twice);
  bench.exact(fused, "standard-error", standardError(saved), null, twice);
}

function mean(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Standard error of the mean, from the sample variance. */
function standardError(values: Float64Array): number {
  const centre = mean(values);
  const squares = values.reduce((sum, value) => sum + (value - centre) ** 2, 0);
  return Math.sqrt(squares / (values.length - 1) / values.length);
}
