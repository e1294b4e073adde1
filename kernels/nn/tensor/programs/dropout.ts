/**
 * Dropout as a vector program. Whether an element falls is a hash of its number and a seed, so nothing is stored: the
 * backward pass asks again, and every target and every length of vectors gives the same answer.
 */
import {
  add,
  at,
  constant,
  convert,
  less,
  load,
  mul,
  select,
  shiftRightLogical,
  splat,
  type Value,
  xor,
} from "../../../codegen/expressions.ts";
import { type ProgramBuilder, program } from "../../../codegen/program.ts";
import type { Program } from "../../../codegen/statements.ts";
import type { Real } from "../../../gemm/arguments.ts";
import { read, stretchOf, sweep, write } from "../../programs/sweep.ts";

/** Bits of the hash that are compared: a float32 holds them exactly. */
export const hashBits = 24;

/** 2^32 over the golden ratio: neighbouring numbers become far apart (Knuth, volume 3, section 6.4). */
const golden = 0x9e3779b9 | 0;

/** Shifts and factors that mix 32 bits so that each depends on all (Ettinger's search, as in kernels/random.ts). */
const rounds = [
  [16, 0x21f0aaad],
  [15, 0x735a2d97],
] as const;

/**
 * Parameters `(count, seed, numbers, x, y, limit, factor)`: y[i] is x[i] * factor, or 0 where the hash of i and the seed lies
 * below `limit`. `numbers` holds 0, 1, 2 ... as i32, one a lane. y may be x.
 */
export function dropoutProgram(element: Real, lanes: number): Program {
  return program("dropout", (b) => {
    const count = b.integer("count");
    const seed = b.integer("seed");
    const numbers = b.pointer("numbers", "i32");
    const x = b.pointer("x", element);
    const y = b.pointer("y", element);
    const [least, times] = [b.scalar("limit", element), b.scalar("factor", element)];
    const [limit, scale] = [b.let("limits", splat(least, lanes)), b.let("scales", splat(times, lanes))];
    const type = { element, lanes };
    const own = b.let("own", load(at(numbers), lanes));
    const seeds = b.let("seeds", splat(seed, lanes));
    sweep(b, stretchOf(b, count, type), 1, (span) => {
      const number = add(own, splat(span.index, lanes));
      const hash = mixed(b, xor(mul(number, constant(golden, own.type)), seeds));
      const bits = convert(shiftRightLogical(hash, 32 - hashBits), element);
      write(b, y, span, select(less(bits, limit), constant(0, type), mul(read(x, span), scale)));
    });
  });
}

function mixed(b: ProgramBuilder, start: Value): Value {
  let bits = start;
  for (const [shift, factor] of rounds) {
    const before = b.let("bits", bits);
    bits = mul(xor(before, shiftRightLogical(before, shift)), constant(factor, before.type));
  }
  const last = b.let("bits", bits);
  return xor(last, shiftRightLogical(last, 15));
}
