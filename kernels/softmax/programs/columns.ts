/**
 * Softmax and its logarithm along a dimension that is not the last: neighbours in memory belong to different slices, so
 * a vector takes one element of each of as many slices, and no lane ever looks at another.
 */
import {
  add,
  advance,
  and,
  at,
  constant,
  div,
  less,
  load,
  mul,
  type Name,
  type PointerName,
  sub,
  type Tail,
  type VectorType,
} from "../../codegen/expressions.ts";
import { type ProgramBuilder, program } from "../../codegen/program.ts";
import type { Program } from "../../codegen/statements.ts";
import { exp } from "../../elementary/exp.ts";
import type { RealElement } from "../../elementary/intervals.ts";
import { log } from "../../elementary/log.ts";
import type { SoftmaxKind } from "./rows.ts";
import { larger, lowest } from "./vectors.ts";

/** As many neighbouring slices as a vector has lanes, or fewer. */
export interface Columns {
  readonly n: Name;
  /** Elements from one of a slice to the next. */
  readonly inner: Name;
  readonly type: VectorType;
  readonly tail: Tail | undefined;
}

/**
 * Calls `body` for groups of neighbouring slices that cover an array of `outer` x n x `inner`. `starts` are the pointers,
 * moved to the first element of the group.
 */
export function eachColumns(
  b: ProgramBuilder,
  { outer, n, inner, type }: { outer: Name; n: Name; inner: Name; type: VectorType },
  pointers: readonly PointerName[],
  body: (columns: Columns, starts: readonly PointerName[]) => void,
): void {
  const bases = pointers.map((pointer) => b.variable("base", pointer));
  const block = b.let("block", mul(n, inner));
  const whole = b.let("whole", and(inner, -type.lanes));
  b.loop("o", 0, outer, {}, () => {
    b.loop("c", 0, whole, { step: type.lanes }, (c) =>
      body(
        { n, inner, type, tail: undefined },
        bases.map((base) => b.let("start", advance(base, c))),
      ),
    );
    if (type.lanes > 1)
      b.if(less(whole, inner), () => {
        const tail = b.tail("tail", sub(inner, whole), type);
        body(
          { n, inner, type, tail },
          bases.map((base) => b.let("start", advance(base, whole))),
        );
      });
    for (const base of bases) b.set(base, advance(base, block));
  });
}

/** Calls `body` with the pointers at each element of the slices in turn. */
export function along(
  b: ProgramBuilder,
  { n, inner }: Columns,
  starts: readonly PointerName[],
  body: (places: readonly PointerName[]) => void,
): void {
  const walking = starts.map((start) => b.variable("at", start));
  b.loop("i", 0, n, {}, () => {
    body(walking);
    for (const pointer of walking) b.set(pointer, advance(pointer, inner));
  });
}

/** `(outer, n, inner, x, y)`: the array outer x n x inner, softmax along n in three passes; y may be x. */
export function columnsProgram(
  kind: SoftmaxKind,
  { element, lanes }: { readonly element: RealElement; readonly lanes: number },
): Program {
  return program(`${kind}-columns-${element}x${lanes}`, (b) => {
    const [outer, n, inner] = [b.integer("outer"), b.integer("n"), b.integer("inner")];
    const [x, y] = [b.pointer("x", element), b.pointer("y", element)];
    const type = { element, lanes };
    eachColumns(b, { outer, n, inner, type }, [x, y], (columns, [fromX, toY]) =>
      slices(b, columns, { x: fromX as PointerName, y: toY as PointerName, kind, element }),
    );
  });
}

function slices(
  b: ProgramBuilder,
  columns: Columns,
  { x, y, kind, element }: { x: PointerName; y: PointerName; kind: SoftmaxKind; element: RealElement },
): void {
  const { type, tail } = columns;
  const here = (pointer: PointerName) => load(at(pointer), type.lanes, tail);
  const largest = b.variable("largest", constant(lowest[element], type));
  along(b, columns, [x], ([from]) => b.set(largest, larger(largest, b.let("v", here(from as PointerName)))));
  const total = b.variable("total", constant(0, type));
  along(b, columns, [x, y], ([from, to]) => {
    const power = b.let("power", exp(b, sub(here(from as PointerName), largest)));
    if (kind === "softmax") b.store(at(to as PointerName), power, tail);
    b.set(total, add(total, power));
  });
  const factor = b.let("factor", kind === "softmax" ? div(constant(1, type), total) : log(b, total));
  along(b, columns, [x, y], ([from, to]) => {
    const result =
      kind === "softmax"
        ? mul(here(to as PointerName), factor)
        : sub(sub(here(from as PointerName), largest), factor);
    b.store(at(to as PointerName), result, tail);
  });
}
