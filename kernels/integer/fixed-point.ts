/**
 * Real factors as integers: factor = multiplier / 2^shift with one shift for all channels of a tensor, and the largest
 * multiplier of 31 bits. A channel whose factor is 2^b times smaller has b bits less, which a result of 8 bits does not
 * see before b is 20 (Jacob et al. 2018, section 2.2, has one shift for each).
 */
import { ProgramError } from "../codegen/errors.ts";
import { roundEven } from "./quantiser.ts";

export interface FixedPoint {
  readonly multipliers: Int32Array;
  /** 1 to 62. */
  readonly shift: number;
}

/** The factors as multipliers. @throws ProgramError for factors of 2^30 or more, or that are not finite */
export function fixedPoint(factors: ArrayLike<number>): FixedPoint {
  let largest = 0;
  for (let i = 0; i < factors.length; i++) largest = Math.max(largest, Math.abs(factors[i] as number));
  if (!(largest < 2 ** 30))
    throw new ProgramError("fixed point", {
      expected: "finite factors below 2^30",
      found: String(largest),
      remedy: "Check the scales that the factors are quotients of.",
    });
  // The largest multiplier lies from 2^30 to 2^31 - 1; rounding may not take it to 2^31.
  const exponent = largest > 0 ? Math.floor(Math.log2(largest)) : 0;
  let shift = Math.min(62, Math.max(1, 30 - exponent));
  if (roundEven(largest * 2 ** shift) >= 2 ** 31) shift--;
  return {
    multipliers: Int32Array.from(factors, (factor) => roundEven(factor * 2 ** shift)),
    shift,
  };
}
