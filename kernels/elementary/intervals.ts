/**
 * Where one formula gives way to another: numbers that the table of approximations and the kernels share. Apart from
 * both, so that a kernel does not load arithmetic in high precision.
 */

import { ProgramError } from "../codegen/errors.ts";
import { typeText, type Value } from "../codegen/expressions.ts";

/** Element types with these functions. */
export type RealElement = "f32" | "f64";

/** Where erf changes from a polynomial in x² to one in 1 / (x + 2), and from where on it is 1 in f64. */
export const erfSplit = 1;
export const erfTop = 6;
/** What is taken off 1 / (x + 2), so that powers of the rest are small. */
export const erfCentre = 0.23;
/** Where tanh changes from a polynomial to exp: above it, 1 - tanh is no larger than tanh. */
export const tanhSplit = 0.625;

/** The element type of a value that one of the functions is taken of. @throws ProgramError for integers. */
export function elementOf({ type }: Value): RealElement {
  if (type.element !== "i32") return type.element;
  throw new ProgramError("elementary function", {
    expected: "f32 or f64",
    found: typeText(type),
    remedy: "Convert to a floating-point type first.",
  });
}
