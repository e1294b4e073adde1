/** The value of a polynomial in a vector program, by Horner's rule: one multiply-add a coefficient. */
import { multiplyAdd, type Name } from "../codegen/expressions.ts";
import type { ProgramBuilder } from "../codegen/program.ts";
import { type Constants, inPlace } from "./constants.ts";

/**
 * c0 + c1 x + c2 x² …, coefficients lowest power first and of x's element type. Each step has a name of its own, so that
 * a register is free again as soon as the next step has read it. Estrin's scheme, with its shorter chains, was measured:
 * no faster in a loop, whose passes overlap, and slower on AVX2, which runs short of registers.
 */
export function polynomial(
  b: ProgramBuilder,
  x: Name,
  coefficients: readonly number[],
  constants: Constants = inPlace(x.type),
): Name {
  const highest = b.let("p", constants(coefficients.at(-1) as number));
  return coefficients
    .slice(0, -1)
    .reduceRight((sum, c) => b.let("p", multiplyAdd(sum, x, constants(c))), highest);
}
