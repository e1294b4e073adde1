/**
 * What several of the integer programs need and no target has an instruction for: shifts by a distance of each lane,
 * division by a constant, a maximum over lanes, and the integer square root by Newton's iteration.
 */
import {
  add,
  and,
  constant,
  equal,
  lane,
  less,
  max,
  min,
  type Name,
  notEqual,
  select,
  shiftLeft,
  shiftRight,
  shiftRightLogical,
  type Value,
} from "../../codegen/expressions.ts";
import { multiplyShift, unsignedQuotient } from "../../codegen/packed-integers.ts";
import type { ProgramBuilder } from "../../codegen/program.ts";

/** value >> distance, each lane by its own, from 0 to 31: one conditional shift for each bit of the distance. */
export function shiftRightBy(b: ProgramBuilder, value: Name, distance: Name): Name {
  let shifted = value;
  for (const bits of [16, 8, 4, 2, 1]) {
    const applies = notEqual(and(distance, constant(bits, distance.type)), constant(0, distance.type));
    shifted = b.let("shifted", select(applies, shiftRight(shifted, bits), shifted));
  }
  return shifted;
}

/** The multiplier and the shift by which `floor(x / divisor)` is a product, for x from 0 to `largest`. */
export interface Reciprocal {
  readonly multiplier: number;
  readonly shift: number;
}

/**
 * With 2^s >= largest * divisor, ceil(2^s / divisor) is large enough and not too large (Granlund & Montgomery 1994,
 * theorem 4.2). @throws RangeError where the multiplier would not fit 31 bits
 */
export function reciprocalOf(divisor: number, largest: number): Reciprocal {
  const shift = Math.max(1, Math.ceil(Math.log2(largest + 1)) + Math.ceil(Math.log2(divisor)));
  const multiplier = Math.ceil(2 ** shift / divisor);
  if (multiplier < 2 ** 31 && shift <= 62) return { multiplier, shift };
  throw new RangeError(`reciprocal: expected numbers below 2^29 to divide; found ${largest} by ${divisor}`);
}

/** floor(value / divisor) of a value from 0 on. */
export const divided = (value: Value, { multiplier, shift }: Reciprocal): Value =>
  multiplyShift(value, multiplier, shift, { rounds: false });

/** The greatest lane. */
export function greatestLane(b: ProgramBuilder, vector: Name): Name {
  // One name after the other: as one expression all lanes would be in registers at once.
  let greatest = b.let("greatest", lane(vector, 0));
  for (let l = 1; l < vector.type.lanes; l++) greatest = b.let("greatest", max(greatest, lane(vector, l)));
  return greatest;
}

/** Newton's iteration from above halves the error's digits each time: 32 bits need far fewer steps than this. */
const mostSteps = 20;

export interface SquareRoot {
  readonly root: Name;
  /** Bodies of the loop that were run, the last, which finds nothing smaller, included; 0 for 0. */
  readonly iterations: Name;
}

/** floor(sqrt(n)) of an unsigned n, as in I-BERT's algorithm 4. */
export function squareRootOf(b: ProgramBuilder, n: Name): SquareRoot {
  const root = b.variable("root", constant(0));
  const iterations = b.variable("iterations", constant(0));
  const rest = b.variable("rest", n);
  // 2^ceil(bits / 2), the power of two next above the root: doubled for every two bits that n has.
  b.set(root, select(equal(n, 0), 0, 1));
  b.loop("pair", 0, 16, {}, () => {
    b.set(root, select(notEqual(rest, 0), shiftLeft(root, 1), root));
    b.set(rest, shiftRightLogical(rest, 2));
  });
  const going = b.variable("going", min(root, 1));
  b.loop("step", 0, mostSteps, {}, () =>
    b.if(notEqual(going, 0), () => {
      const next = b.let("next", shiftRight(add(root, unsignedQuotient(n, root)), 1));
      b.set(iterations, add(iterations, 1));
      b.if(
        less(next, root),
        () => b.set(root, next),
        () => b.set(going, 0),
      );
    }),
  );
  return { root, iterations };
}
