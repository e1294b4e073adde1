/** The value of a polynomial in a vector program, by Horner's rule: one multiply-add a coefficient. */
import { constant, multiplyAdd, type Name } from "../codegen/expressions.ts";
import type { ProgramBuilder } from "../codegen/program.ts";

/**
 * c0 + c1 x + c2 x² …, coefficients lowest power first and of x's element type. Each step has a name of its own, so that
 * a register is free again as soon as the next step has read it.
 */
export function polynomial(b: ProgramBuilder, x: Name, coefficients: readonly number[]): Name {
  const terms = coefficients.map((c) => constant(c, x.type));
  const highest = b.let("p", terms.at(-1) as (typeof terms)[number]);
  return terms.slice(0, -1).reduceRight((sum, c) => b.let("p", multiplyAdd(sum, x, c)), highest);
}
