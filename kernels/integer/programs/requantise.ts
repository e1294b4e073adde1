/**
 * From sums of i32 to another scale in integers alone: a product of 64 bits, rounded and shifted (`multiplyShift`), by a
 * multiplier for each column. Rows of source and result may lie apart, so that parts of a wider matrix are taken and given.
 */
import {
  add,
  advance,
  at,
  constant,
  less,
  load,
  type MemoryElement,
  max,
  min,
  mul,
  type Name,
  negate,
  select,
  sub,
  type Value,
} from "../../codegen/expressions.ts";
import { multiplyShift } from "../../codegen/packed-integers.ts";
import { program } from "../../codegen/program.ts";
import type { Program } from "../../codegen/statements.ts";
import { everywhere, read, stretchOf, sweep, write } from "../../nn/programs/sweep.ts";

/** What becomes of halves: always up, as a shift of a sum does, or away from 0, so that signs are treated alike. */
export type Halves = "up" | "away";

export interface RequantiseParts {
  readonly to: MemoryElement;
  readonly shift: number;
  readonly halves: Halves;
  /** Results are kept between its opposite and this; bytes keep themselves in their range. */
  readonly bound?: number;
}

/**
 * Parameters `(rows, columns, from, fromStride, multipliers, zeroPoint, to, toStride)`: i32 to bytes or i32; a result
 * that a byte cannot hold is the least or the greatest.
 */
export function requantiseProgram(name: string, lanes: number, parts: RequantiseParts): Program {
  const type = { element: "i32", lanes } as const;
  return program(name, (b) => {
    const [rows, columns] = [b.integer("rows"), b.integer("columns")];
    const [source, fromStride] = [b.pointer("from", "i32"), b.integer("fromStride")];
    const multipliers = b.pointer("multipliers", "i32");
    const zeroPoint = b.integer("zeroPoint");
    const [target, toStride] = [b.pointer("to", parts.to), b.integer("toStride")];
    const zero = everywhere(b, "zero", zeroPoint, type);
    const [from, to] = [b.variable("row", source), b.variable("row", target)];
    const stretch = stretchOf(b, columns, type);
    b.loop("r", 0, rows, {}, () => {
      sweep(b, stretch, 1, (span) => {
        const x = b.let("x", read(from, span));
        const factor = b.let("factor", read(multipliers, span));
        const value = add(scaled(x, factor, parts), zero);
        const { bound } = parts;
        write(b, to, span, bound === undefined ? value : min(max(value, -bound), bound));
      });
      b.set(from, advance(from, fromStride));
      b.set(to, advance(to, toStride));
    });
  });
}

/** x * factor / 2^shift to the nearest integer. */
function scaled(x: Name, factor: Name, { shift, halves }: Omit<RequantiseParts, "to">): Value {
  if (halves === "up") return multiplyShift(x, factor, shift);
  return mul(select(less(x, 0), constant(-1, x.type), 1), multiplyShift(max(x, negate(x)), factor, shift));
}

/**
 * Parameters `(rows, columns, sums, multipliers, x, xMultiplier, xZero, out)`: sums of i32, scaled by column, plus bytes
 * less their zero point, scaled alike for all: a layer's result and what went around it, in one scale of i32.
 */
export function residualProgram(
  name: string,
  lanes: number,
  shifts: { readonly sums: number; readonly x: number },
): Program {
  const type = { element: "i32", lanes } as const;
  return program(name, (b) => {
    const [rows, columns] = [b.integer("rows"), b.integer("columns")];
    const sums = b.pointer("sums", "i32");
    const multipliers = b.pointer("multipliers", "i32");
    const x = b.pointer("x", "u8");
    const [xMultiplier, xZero] = [b.integer("xMultiplier"), b.integer("xZero")];
    const out = b.pointer("out", "i32");
    const factor = everywhere(b, "factor", xMultiplier, type);
    const zero = everywhere(b, "zero", xZero, type);
    const walking = [b.variable("row", sums), b.variable("row", x), b.variable("row", out)] as const;
    const stretch = stretchOf(b, columns, type);
    b.loop("r", 0, rows, {}, () => {
      sweep(b, stretch, 1, (span) => {
        const result = multiplyShift(read(walking[0], span), read(multipliers, span), shifts.sums);
        const around = multiplyShift(sub(read(walking[1], span), zero), factor, shifts.x);
        write(b, walking[2], span, add(result, around));
      });
      b.set(walking[0], advance(walking[0], columns));
      b.set(walking[1], advance(walking[1], columns));
      b.set(walking[2], advance(walking[2], columns));
    });
  });
}

/**
 * Parameters `(tokens, columns, ids, words, places, out)`: the row of each token's word plus the row of its place, bytes
 * of one scale, as i32.
 */
export function embedProgram(name: string, lanes: number): Program {
  return program(name, (b) => {
    const [tokens, columns] = [b.integer("tokens"), b.integer("columns")];
    const ids = b.pointer("ids", "i32");
    const [words, places] = [b.pointer("words", "i8"), b.pointer("places", "i8")];
    const out = b.pointer("out", "i32");
    const [place, row] = [b.variable("place", places), b.variable("row", out)];
    const stretch = stretchOf(b, columns, { element: "i32", lanes });
    b.loop("t", 0, tokens, {}, (t) => {
      const word = b.let("word", advance(words, mul(load(at(ids, t)), columns)));
      sweep(b, stretch, 1, (span) => write(b, row, span, add(read(word, span), read(place, span))));
      b.set(place, advance(place, columns));
      b.set(row, advance(row, columns));
    });
  });
}
