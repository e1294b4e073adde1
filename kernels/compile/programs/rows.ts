/**
 * Operations on rows that lie one behind the other: softmax, layer normalisation, reduction. Each row is read once for
 * each pass that needs it, from the first-level cache after the first.
 */
import {
  add,
  advance,
  at,
  constant,
  div,
  lane,
  load,
  max,
  mul,
  multiplyAdd,
  type Name,
  type PointerName,
  splat,
  squareRoot,
  sub,
  type Value,
} from "../../codegen/expressions.ts";
import { type ProgramBuilder, program } from "../../codegen/program.ts";
import type { Program } from "../../codegen/statements.ts";
import { elementary } from "../../elementary/functions.ts";

/** Rows of a tensor and their length, in elements. */
export interface Rows {
  readonly rows: number;
  readonly length: number;
  readonly lanes: number;
}

const real = (lanes: number) => ({ element: "f32", lanes }) as const;

/** Calls `body` for each vector of a row, then for what is left of it one element at a time. */
function along({ length, lanes }: Rows, b: ProgramBuilder, body: (i: Value, lanes: number) => void): void {
  const whole = length - (length % lanes);
  b.loop("i", 0, whole, { step: lanes }, (i) => body(i, lanes));
  if (whole < length && lanes > 1) b.loop("i", whole, length, {}, (i) => body(i, 1));
}

/**
 * One number from a row: `step` folds each vector into an accumulator of as many lanes, `join` two of them.
 */
function folded(
  b: ProgramBuilder,
  rows: Rows,
  initial: number,
  step: (total: Name, i: Value, lanes: number) => Value,
  join: (left: Value, right: Value) => Value,
): Name {
  const wide = b.variable("wide", constant(initial, real(rows.lanes)));
  const single = rows.lanes === 1 ? wide : b.variable("single", constant(initial, real(1)));
  along(rows, b, (i, width) => {
    const total = width === 1 ? single : wide;
    b.set(total, step(total, i, width));
  });
  if (rows.lanes === 1) return b.let("total", wide);
  const lanes = Array.from({ length: rows.lanes }, (_, at): Value => lane(wide, at));
  return b.let("total", lanes.reduce(join, single));
}

/** Parameters `(x, y)`: softmax of each row, shifted by its largest element. y may be x. */
export function softmaxProgram(rows: Rows): Program {
  return program("softmax", (b) => {
    const [x, y] = [b.pointer("x", "f32"), b.pointer("y", "f32")];
    everyRow(b, rows, [x, y], ([from, to]) => {
      const most = folded(
        b,
        rows,
        Number.NEGATIVE_INFINITY,
        (total, i, w) => max(total, load(at(from, i), w)),
        max,
      );
      const total = folded(
        b,
        rows,
        0,
        (sumSoFar, i, w) => {
          const power = b.let("power", elementary.exp(b, sub(load(at(from, i), w), splat(most, w))));
          b.store(at(to, i), power);
          return add(sumSoFar, power);
        },
        add,
      );
      const share = b.let("share", div(constant(1, real(1)), total));
      along(rows, b, (i, w) => b.store(at(to, i), mul(load(at(to, i), w), splat(share, w))));
    });
  });
}

/** Parameters `(x, factors, summands, y)`: each row normalised to mean 0 and variance 1, scaled and shifted. y may be x. */
export function layerNormProgram(rows: Rows, epsilon: number): Program {
  return program("layer-norm", (b) => {
    const x = b.pointer("x", "f32");
    const [scale, shift] = [b.pointer("factors", "f32"), b.pointer("summands", "f32")];
    const y = b.pointer("y", "f32");
    const share = 1 / rows.length;
    everyRow(b, rows, [x, y], ([from, to]) => {
      const mean = b.let(
        "mean",
        mul(
          folded(b, rows, 0, (total, i, w) => add(total, load(at(from, i), w)), add),
          share,
        ),
      );
      const square = folded(
        b,
        rows,
        0,
        (total, i, w) => {
          const apart = b.let("apart", sub(load(at(from, i), w), splat(mean, w)));
          return multiplyAdd(apart, apart, total);
        },
        add,
      );
      const deviation = squareRoot(add(mul(square, share), epsilon));
      const factor = b.let("factor", div(constant(1, real(1)), deviation));
      along(rows, b, (i, w) => {
        const normal = mul(sub(load(at(from, i), w), splat(mean, w)), splat(factor, w));
        b.store(at(to, i), multiplyAdd(normal, load(at(scale, i), w), load(at(shift, i), w)));
      });
    });
  });
}

/** Parameters `(x, y)`: one number from each row. */
export function reduceProgram(rows: Rows, kind: "mean" | "sum" | "max"): Program {
  return program(`reduce-${kind}`, (b) => {
    const [x, y] = [b.pointer("x", "f32"), b.pointer("y", "f32")];
    const join = kind === "max" ? max : add;
    const initial = kind === "max" ? Number.NEGATIVE_INFINITY : 0;
    b.loop("row", 0, rows.rows, {}, (row) => {
      const from = b.let("from", advance(x, mul(row, rows.length)));
      const total = folded(b, rows, initial, (soFar, i, w) => join(soFar, load(at(from, i), w)), join);
      b.store(at(y, row), kind === "mean" ? mul(total, 1 / rows.length) : total);
    });
  });
}

function everyRow(
  b: ProgramBuilder,
  { rows, length }: Rows,
  pointers: readonly PointerName[],
  write: (own: readonly [PointerName, PointerName]) => void,
): void {
  b.loop("row", 0, rows, {}, (row) => {
    const own = pointers.map((pointer) => b.let("line", advance(pointer, mul(row, length))));
    write(own as [PointerName, PointerName]);
  });
}
