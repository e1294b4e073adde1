/**
 * Softmax and its logarithm over rows that lie in one piece: `naive`, `stable` and `online` differ in how they come by
 * the row's maximum and sum. README.md tells the story; Milakov and Gimelshein, "Online normalizer calculation for
 * softmax" (arXiv 1805.02867), is the source of the online way.
 */
import {
  add,
  advance,
  at,
  bytesOf,
  constant,
  div,
  lessOrEqual,
  load,
  mul,
  type Name,
  type PointerName,
  select,
  splat,
  sub,
  sum,
  type Value,
  type VectorType,
} from "../../codegen/expressions.ts";
import { type ProgramBuilder, program } from "../../codegen/program.ts";
import type { Program } from "../../codegen/statements.ts";
import { type Constants, inPlace, inRegisters } from "../../elementary/constants.ts";
import { exp, expConstants } from "../../elementary/exp.ts";
import type { RealElement } from "../../elementary/intervals.ts";
import { log } from "../../elementary/log.ts";
import { eachVector, larger, largestOfAll, lowest, type RowWalk, rowWalk } from "./vectors.ts";

export type SoftmaxKind = "softmax" | "log-softmax";

/** How the maximum and the sum of a row are found. */
export type SoftmaxAlgorithm = "naive" | "stable" | "online";

/** Everything that a row's passes know. */
interface Row extends RowWalk {
  readonly x: PointerName;
  readonly y: PointerName;
  readonly kind: SoftmaxKind;
  readonly element: RealElement;
  readonly constants: Constants;
  /** Elements to the next row, where that is to be prefetched. */
  readonly ahead: Name | undefined;
  /** Vectors that share one rescaling of the online sum. */
  readonly onlineGroup: number;
}

/** Vectors whose maximum is found together: enough independent chains for the latency of compare and select. */
const maximumGroup = 4;

export interface RowsShape {
  readonly element: RealElement;
  readonly lanes: number;
  /** Whether there are registers for the constants of exp; false where there are 16. */
  readonly keepsConstants?: boolean;
  /** Whether the next row's cache lines are asked for while the powers of this one are computed. */
  readonly prefetches?: boolean;
}

/** `(rows, n, laneNumbers, x, y)`: rows of n elements, one behind the other; y may be x. */
export function rowsProgram(
  kind: SoftmaxKind,
  algorithm: SoftmaxAlgorithm,
  { element, lanes, keepsConstants = false, prefetches = false }: RowsShape,
): Program {
  return program(`${kind}-${algorithm}-${element}x${lanes}`, (b) => {
    const rows = b.integer("rows");
    const n = b.integer("n");
    const laneNumbers = b.pointer("laneNumbers", element);
    const [firstX, firstY] = [b.pointer("firstX", element), b.pointer("firstY", element)];
    const x = b.variable("x", firstX);
    const y = b.variable("y", firstY);
    const type = { element, lanes };
    const constants = keepsConstants ? inRegisters(b, type, expConstants(element)) : inPlace(type);
    const ahead = prefetches ? distanceAhead(b, n, element) : undefined;
    const row: Row = {
      ahead,
      ...rowWalk(b, { n, laneNumbers, type }),
      x,
      y,
      kind,
      element,
      constants,
      onlineGroup: keepsConstants ? 4 : 2,
    };
    b.loop("row", 0, rows, {}, () => {
      passes[algorithm](b, row);
      b.set(x, advance(x, n));
      b.set(y, advance(y, n));
    });
  });
}

const passes: Readonly<Record<SoftmaxAlgorithm, (b: ProgramBuilder, row: Row) => void>> = {
  naive: (b, row) => {
    const total = sumOfPowers(b, row, undefined);
    finish(b, row, { total });
  },
  stable: (b, row) => {
    const largest = maximum(b, row);
    const total = sumOfPowers(b, row, largest);
    finish(b, row, { largest, total });
  },
  online: (b, row) => {
    b.comment("one pass for maximum and sum");
    const { largest, total } = maximumAndSum(b, row);
    if (row.kind === "softmax") rewrite(b, row, largest, total);
    else finish(b, row, { largest, total });
  },
};

/** The row's maximum in every lane; NaN is passed over. */
function maximum(b: ProgramBuilder, row: Row): Name {
  const { type, element, x } = row;
  b.comment("the maximum");
  const found = Array.from({ length: maximumGroup }, () =>
    b.variable("most", constant(lowest[element], type)),
  );
  eachVector(b, row, maximumGroup, (copies, end) => {
    for (const [copy, index] of copies.entries()) {
      const loaded = load(at(x, index), type.lanes, end?.tail);
      const v = b.let("v", end ? end.inRow(loaded, lowest[element]) : loaded);
      const most = found[copy] as Name;
      b.set(most, larger(most, v));
    }
  });
  const [first, ...others] = found as [Name, ...Name[]];
  return largestOfAll(
    b,
    others.reduce((most, other) => b.let("most", larger(most, other)), first),
  );
}

/** The longest row, in bytes, of which the next fits beside it: x and y of both are half of a 1 MiB L2 cache. */
const longestPrefetched = 2 ** 17;

/** Rows that are longer are not prefetched: the next would push out this one, which is read again. */
function distanceAhead(b: ProgramBuilder, n: Name, element: RealElement): Name {
  return b.let("distance", select(lessOrEqual(n, longestPrefetched / bytesOf[element]), n, 0));
}

/**
 * The passes over a row that lies in the cache leave the memory idle; the next row is fetched meanwhile. The processor
 * does not know that it will be read: behind the first pass come others, which start again at the row's beginning.
 */
function prefetchNext(b: ProgramBuilder, { x, y, ahead }: Row, place: Value): void {
  if (!ahead) return;
  const next = b.let("next", add(place, ahead));
  b.prefetch(at(x, next));
  b.prefetch(at(y, next));
}

/** x, or what it is above the maximum. */
const above = (v: Value, largest: Name | undefined): Value => (largest ? sub(v, largest) : v);

/** The sum of e^(x - largest), a scalar; the powers are left in y where softmax is what is asked for. */
function sumOfPowers(b: ProgramBuilder, row: Row, largest: Name | undefined): Name {
  const { type, x, y, kind, constants } = row;
  b.comment("the sum of powers");
  const total = b.variable("total", constant(0, type));
  eachVector(b, row, 1, ([index], end) => {
    const place = index as Value;
    prefetchNext(b, row, place);
    const v = load(at(x, place), type.lanes, end?.tail);
    const power = b.let(
      "power",
      exp(b, above(v, largest), { constants, nonPositive: largest !== undefined }),
    );
    if (kind === "softmax") b.store(at(y, place), power, end?.tail);
    b.set(total, add(total, end ? end.inRow(power, 0) : power));
  });
  return b.let("sum", sum(total));
}

/** Maximum and sum at once: when the maximum grows, what was summed is scaled down. Lanes keep their own until the end. */
function maximumAndSum(b: ProgramBuilder, row: Row): { readonly largest: Name; readonly total: Name } {
  const { type, element, x, constants } = row;
  const below = (v: Value): Value => exp(b, v, { constants, nonPositive: true });
  const most = b.variable("most", constant(lowest[element], type));
  const total = b.variable("total", constant(0, type));
  eachVector(b, row, row.onlineGroup, (copies, end) => {
    for (const index of copies) prefetchNext(b, row, index);
    const vectors = copies.map((index) => {
      const loaded = load(at(x, index), type.lanes, end?.tail);
      return b.let("v", end ? end.inRow(loaded, Number.NEGATIVE_INFINITY) : loaded);
    });
    const next = vectors.reduce((largest, v) => b.let("next", larger(largest, v)), most);
    b.set(total, mul(total, below(sub(most, next))));
    b.set(most, next);
    for (const v of vectors) b.set(total, add(total, below(sub(v, most))));
  });
  const largest = largestOfAll(b, b.let("mine", most));
  const scaled = b.let("scaled", mul(total, below(sub(most, largest))));
  return { largest, total: b.let("sum", sum(scaled)) };
}

/** The powers in y divided by their sum, or the logarithm written: x - largest - ln sum. */
function finish(b: ProgramBuilder, row: Row, found: { readonly largest?: Name; readonly total: Name }): void {
  const { type, x, y, kind } = row;
  if (kind === "softmax") {
    const factor = reciprocal(b, row, found.total);
    eachVector(b, row, 1, ([index], end) => {
      const place = index as Value;
      b.store(at(y, place), mul(load(at(y, place), type.lanes, end?.tail), factor), end?.tail);
    });
    return;
  }
  const logarithm = b.let("ln", splat(b.let("lnSum", log(b, found.total)), type.lanes));
  eachVector(b, row, 1, ([index], end) => {
    const place = index as Value;
    const v = load(at(x, place), type.lanes, end?.tail);
    b.store(at(y, place), sub(above(v, found.largest), logarithm), end?.tail);
  });
}

function reciprocal(b: ProgramBuilder, { type }: { readonly type: VectorType }, total: Name): Name {
  return b.let("factor", splat(b.let("inverse", div(constant(1, total.type), total)), type.lanes));
}

/** The powers once more, divided by their sum on the way. */
function rewrite(b: ProgramBuilder, row: Row, largest: Name, total: Name): void {
  const { type, x, y, constants } = row;
  b.comment("the powers again, divided by the sum");
  const factor = reciprocal(b, row, total);
  eachVector(b, row, 1, ([index], end) => {
    const place = index as Value;
    const below = sub(load(at(x, place), type.lanes, end?.tail), largest);
    const power = exp(b, below, { constants, nonPositive: true });
    b.store(at(y, place), mul(power, factor), end?.tail);
  });
}
