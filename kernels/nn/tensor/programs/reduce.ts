/**
 * Sums and maxima over dimensions, as vector programs along the loops of `nestOf` over (input, result): where the
 * result's stride is 0, the loop is one of the reduction.
 */
import {
  add,
  advance,
  at,
  constant,
  lane,
  load,
  max,
  type Operand,
  type PointerName,
  sum,
  type Tail,
  type Value,
  type VectorType,
} from "../../../codegen/expressions.ts";
import { type ProgramBuilder, program } from "../../../codegen/program.ts";
import type { Program } from "../../../codegen/statements.ts";
import type { Real } from "../../../gemm/arguments.ts";
import type { Nest } from "../shapes.ts";
import { loops } from "./map.ts";

export type Reduction = "sum" | "max";

export interface ReduceOptions {
  readonly reduction: Reduction;
  readonly element: Real;
  readonly lanes: number;
  readonly nest: readonly Nest[];
}

const rules = {
  sum: { start: 0, join: add, across: (value: Value): Value => sum(value) },
  max: { start: Number.NEGATIVE_INFINITY, join: max, across: largestLane },
} as const;

function largestLane(vector: Value): Value {
  return Array.from({ length: vector.type.lanes }, (_, i) => lane(vector, i)).reduce((a, b) => max(a, b));
}

/** Parameters `(x, y)`. Loops over results are outside, those of the reduction inside, whatever their order in memory. */
export function reduceProgram({ reduction, element, lanes, nest }: ReduceOptions): Program {
  return program(reduction, (b) => {
    const x = b.pointer("x", element);
    const y = b.pointer("y", element);
    const kept = nest.filter(({ strides }) => strides[1] !== 0);
    const reduced = nest.filter(({ strides }) => strides[1] === 0);
    const inner = nest.at(-1);
    if (inner && inner.strides[1] !== 0) {
      const columns = { length: inner.length, type: { element, lanes } };
      loops(b, kept.slice(0, -1), [x, y], (rows) => down(b, rules[reduction], columns, reduced, rows));
    } else {
      loops(b, kept, [x, y], (rows) => along(b, rules[reduction], { element, lanes }, reduced, rows));
    }
  });
}

type Rule = (typeof rules)[Reduction];

/** Neighbouring results at a time, each summed down its column: the innermost loop is one of the results. */
function down(
  b: ProgramBuilder,
  { start, join }: Rule,
  { length, type }: { readonly length: number; readonly type: VectorType },
  reduced: readonly Nest[],
  [x, y]: readonly PointerName[],
): void {
  const columns = (j: Operand, tail?: Tail): void => {
    const total = b.variable("total", constant(start, type));
    loops(b, reduced, [b.let("column", advance(x as PointerName, j))], ([p]) =>
      b.set(total, join(total, load(at(p as PointerName), type.lanes, tail))),
    );
    b.store(at(y as PointerName, j), total, tail);
  };
  const whole = length - (length % type.lanes);
  b.loop("j", 0, whole, { step: type.lanes }, (j) => columns(j));
  if (whole < length) columns(whole, b.tail("tail", constant(length - whole), type));
}

/** One result at a time: vectors run along the innermost loop, and what is left over is joined one by one. */
function along(
  b: ProgramBuilder,
  { start, join, across }: Rule,
  type: VectorType,
  reduced: readonly Nest[],
  [x, y]: readonly PointerName[],
): void {
  const inner = reduced.at(-1) ?? { length: 1, strides: [1, 0] };
  const whole = inner.length - (inner.length % type.lanes);
  const vectors = b.variable("vectors", constant(start, type));
  const rest = b.variable("rest", constant(start, { ...type, lanes: 1 }));
  loops(b, reduced.slice(0, -1), [x as PointerName], ([p]) => {
    const row = p as PointerName;
    b.loop("j", 0, whole, { step: type.lanes }, (j) =>
      b.set(vectors, join(vectors, load(at(row, j), type.lanes))),
    );
    b.loop("j", whole, inner.length, {}, (j) => b.set(rest, join(rest, load(at(row, j)))));
  });
  b.store(at(y as PointerName), join(type.lanes === 1 ? vectors : across(vectors), rest));
}
