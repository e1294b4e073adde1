/**
 * I-BERT's functions as vector programs on i32; constants.ts says what the numbers mean. Programs on rows take the address
 * of a vector of ones: read with a tail it tells which lanes of the last vector count.
 */
import {
  add,
  advance,
  and,
  at,
  constant,
  equal,
  less,
  load,
  max,
  min,
  mul,
  type Name,
  negate,
  notEqual,
  type PointerName,
  select,
  shiftLeft,
  shiftRight,
  splat,
  sub,
  type Value,
  type VectorType,
} from "../../codegen/expressions.ts";
import { multiplyShift, unsignedQuotient } from "../../codegen/packed-integers.ts";
import { type ProgramBuilder, program } from "../../codegen/program.ts";
import type { Program } from "../../codegen/statements.ts";
import {
  read,
  type Span,
  type Stretch,
  stretchOf,
  sweep,
  vectorSums,
  write,
} from "../../nn/programs/sweep.ts";
import type { GeluConstants, SoftmaxConstants } from "./constants.ts";
import { divided, greatestLane, type Reciprocal, shiftRightBy, squareRootOf } from "./parts.ts";

type Pointer = PointerName<"i32">;
const i32 = (lanes: number): VectorType => ({ element: "i32", lanes });
const least = -(2 ** 31);

/** Parameters `(count, q, erf, out)`: i32 to the integers of erf and of GELU. Where `erf` is not wanted it may be `out`. */
export function geluProgram(name: string, lanes: number, { qb, qc, q1, shift }: GeluConstants): Program {
  return program(name, (b) => {
    const count = b.integer("count");
    const [q, erf, out] = [b.pointer("q", "i32"), b.pointer("erf", "i32"), b.pointer("out", "i32")];
    sweep(b, stretchOf(b, count, i32(lanes)), 1, (span) => {
      const x = b.let("x", read(q, span));
      const inside = b.let("inside", add(min(max(x, negate(x)), -qb), qb));
      const sign = min(max(x, -1), 1);
      const signed = mul(add(mul(inside, inside), qc), sign);
      const polynomial = b.let("polynomial", shift ? shiftRight(signed, shift) : signed);
      write(b, erf, span, polynomial);
      write(b, out, span, mul(x, add(polynomial, q1)));
    });
  });
}

/** The rows of a matrix one after the other, with what tells the lanes of the last vector of each. */
interface Rows {
  readonly stretch: Stretch;
  readonly ones: Pointer;
}

/** 1 in the lanes of a span that count, else 0. */
const counting = ({ ones }: Rows, { lanes, tail }: Span): Value => load(at(ones), lanes, tail);

/** The element in the lanes that count, else another. */
function orElse(b: ProgramBuilder, rows: Rows, span: Span, value: Value, otherwise: number): Name {
  const named = b.let("value", value);
  return span.tail ? b.let("counted", select(notEqual(counting(rows, span), 0), named, otherwise)) : named;
}

export interface ExponentialParts extends SoftmaxConstants {
  /** Division by ln2. */
  readonly reciprocal: Reciprocal;
  /** Differences from the greatest below this give exponentials of 0. */
  readonly least: number;
}

/** Parameters `(rows, columns, ones, q, exp, sums)`: the integers of exp(q - max q) by rows, and their sums; all i32. */
export function exponentialsProgram(name: string, lanes: number, parts: ExponentialParts): Program {
  return program(name, (b) => {
    const [rows, columns] = [b.integer("rows"), b.integer("columns")];
    const ones = b.pointer("ones", "i32");
    const [first, to, sums] = ["q", "exp", "sums"].map((each) => b.pointer(each, "i32")) as [
      Pointer,
      Pointer,
      Pointer,
    ];
    const [q, exp] = [b.variable("row", first), b.variable("row", to)];
    const all = { stretch: stretchOf(b, columns, i32(lanes)), ones };
    b.loop("r", 0, rows, {}, (r) => {
      const most = b.variable("most", constant(least, i32(lanes)));
      sweep(b, all.stretch, 1, (span) => b.set(most, max(most, orElse(b, all, span, read(q, span), least))));
      const top = b.let("top", splat(greatestLane(b, most), lanes));
      const total = vectorSums(b, i32(lanes), 1, 1);
      sweep(b, all.stretch, 1, (span) => {
        const below = b.let("below", max(sub(read(q, span), top), parts.least));
        const value = orElse(b, all, span, exponential(b, below, parts), 0);
        write(b, exp, span, value);
        total.add(span, [value]);
      });
      b.store(at(sums, r), total.total()[0] as Value);
      for (const row of [q, exp]) b.set(row, advance(row, columns));
    });
  });
}

/** exp of x <= 0: x = p - z ln 2 with p in (-ln 2, 0], a polynomial of p shifted by z. */
function exponential(b: ProgramBuilder, x: Name, { ln2, qb, qc, reciprocal }: ExponentialParts): Name {
  const z = b.let("z", divided(negate(x), reciprocal));
  const p = b.let("p", add(add(x, mul(z, ln2)), qb));
  const polynomial = b.let("polynomial", add(mul(p, p), qc));
  return shiftRightBy(b, polynomial, b.let("distance", min(z, 31)));
}

/**
 * Parameters `(rows, columns, exp, sums, out)`: the shares of a row as bytes, exp * floor(2^31 / sum) / 2^23 rounded: 256
 * stands for 1, and what rounds up to it is 255. The authors truncate, with more bits: of 64 equal shares in bytes, an
 * eighth would be lost.
 */
export function sharesProgram(name: string, lanes: number): Program {
  return program(name, (b) => {
    const [rows, columns] = [b.integer("rows"), b.integer("columns")];
    const [from, sums] = [b.pointer("exp", "i32"), b.pointer("sums", "i32")];
    const to = b.pointer("out", "u8");
    const [exp, out] = [b.variable("row", from), b.variable("row", to)];
    const stretch = stretchOf(b, columns, i32(lanes));
    b.loop("r", 0, rows, {}, (r) => {
      // A sum of 1 would give 2^31, which is no i32.
      const factor = unsignedQuotient(least, max(load(at(sums, r)), 2));
      const factors = b.let("factors", splat(factor, lanes));
      sweep(b, stretch, 1, (span) => write(b, out, span, multiplyShift(read(exp, span), factors, 23)));
      b.set(exp, advance(exp, columns));
      b.set(out, advance(out, columns));
    });
  });
}

/** Parameters `(count, n, root, iterations)`: square roots of unsigned i32, one by one. */
export function squareRootProgram(name: string): Program {
  return program(name, (b) => {
    const count = b.integer("count");
    const [n, root, iterations] = ["n", "root", "iterations"].map((each) => b.pointer(each, "i32")) as [
      Pointer,
      Pointer,
      Pointer,
    ];
    b.loop("i", 0, count, {}, (i) => {
      const found = squareRootOf(b, b.let("value", load(at(n, i))));
      b.store(at(root, i), found.root);
      b.store(at(iterations, i), found.iterations);
    });
  });
}

/**
 * Parameters `(rows, columns, ones, q, bias, out)`: rows of i32 less their mean, over the root of the sum of squares, times
 * 2^30, plus a bias for each column. Deviations are squared without their last `shift` bits.
 */
export function layerNormProgram(name: string, lanes: number, shift: number): Program {
  return program(name, (b) => {
    const [rows, columns] = [b.integer("rows"), b.integer("columns")];
    const ones = b.pointer("ones", "i32");
    const [from, bias, to] = ["q", "bias", "out"].map((each) => b.pointer(each, "i32")) as [
      Pointer,
      Pointer,
      Pointer,
    ];
    const [q, out] = [b.variable("row", from), b.variable("row", to)];
    const all = { stretch: stretchOf(b, columns, i32(lanes)), ones };
    b.loop("r", 0, rows, {}, () => {
      const total = vectorSums(b, i32(lanes), 1, 1);
      sweep(b, all.stretch, 1, (span) => total.add(span, [read(q, span)]));
      const mean = b.let("mean", splat(roundedMean(b, total.total()[0] as Value, columns), lanes));
      const squares = vectorSums(b, i32(lanes), 1, 1);
      sweep(b, all.stretch, 1, (span) => {
        const deviation = shiftRight(sub(read(q, span), mean), shift);
        const counted = orElse(b, all, span, deviation, 0);
        squares.add(span, [mul(counted, counted)]);
      });
      const { root } = squareRootOf(b, b.let("variance", squares.total()[0] as Value));
      const factor = b.let("factor", splat(reciprocalOfRoot(b, root, shift), lanes));
      sweep(b, all.stretch, 1, (span) => {
        const normal = multiplyShift(sub(read(q, span), mean), factor, 1, { rounds: false });
        write(b, out, span, add(normal, read(bias, span)));
      });
      for (const row of [q, out]) b.set(row, advance(row, columns));
    });
  });
}

/** sum / columns, the even neighbour where it lies half way between two. */
function roundedMean(b: ProgramBuilder, total: Value, columns: Name): Name {
  const sum = b.let("sum", total);
  const twice = b.let("twice", shiftLeft(columns, 1));
  const dividend = b.let("dividend", add(shiftLeft(max(sum, negate(sum)), 1), columns));
  const up = b.let("up", unsignedQuotient(dividend, twice));
  const isHalf = equal(mul(up, twice), dividend);
  const even = b.let("even", select(isHalf, and(up, -2), up));
  return b.let("mean", select(less(sum, 0), negate(even), even));
}

/** floor(2^31 / (root * 2^shift)); 1 would give 2^31, which is no i32: one less is given. */
function reciprocalOfRoot(b: ProgramBuilder, root: Name, shift: number): Value {
  const deviation = b.let("deviation", shiftLeft(root, shift));
  return select(less(deviation, 2), 2 ** 31 - 1, unsignedQuotient(least, deviation));
}
