/**
 * The functions of expressions as generated code, for vectors of f32: one row each, as in arithmetic.ts, which has their
 * values in float64. Exponentials, logarithms and their kin come from ../../elementary/.
 */

import {
  abs,
  add,
  constant,
  div,
  less,
  max,
  min,
  mul,
  multiplyAdd,
  type Name,
  negate,
  select,
  squareRoot,
  sub,
  type Value,
  type VectorType,
} from "../../codegen/expressions.ts";
import type { ProgramBuilder } from "../../codegen/program.ts";
import { elementary } from "../../elementary/functions.ts";
import { normalDistribution, tanhDistribution } from "../../elementary/gelu.ts";
import type { Expression, PointwiseFunction } from "../expression.ts";

/** What a function becomes: operands are names, so that they may be used more than once. */
type Emit = (
  b: ProgramBuilder,
  operands: readonly Name[],
  parameters: readonly number[],
  type: VectorType,
) => Value;

const one =
  (emit: (x: Name, b: ProgramBuilder) => Value): Emit =>
  (b, [x]) =>
    emit(x as Name, b);
const two =
  (emit: (x: Name, y: Name) => Value): Emit =>
  (_, [x, y]) =>
    emit(x as Name, y as Name);

const of = (type: VectorType, value: number): Value => constant(value, type);

export const emitted: Readonly<Record<PointwiseFunction, Emit>> = {
  constant: (_b, _operands, [number], type) => constant(number as number, type),
  add: two(add),
  sub: two(sub),
  mul: two(mul),
  div: two(div),
  min: two(min),
  max: two(max),
  pow: (b, [x], [exponent]) => power(b, x as Name, exponent as number),
  relu: one((x) => max(x, 0)),
  "leaky-relu": (_, [x], [slope]) => select(less(x as Name, 0), mul(x as Name, slope as number), x as Name),
  clip: (_, [x], [least, most]) => min(max(x as Name, least as number), most as number),
  sigmoid: one((x, b) => elementary.sigmoid(b, x)),
  tanh: one((x, b) => elementary.tanh(b, x)),
  erf: one((x, b) => elementary.erf(b, x)),
  exp: one((x, b) => elementary.exp(b, x)),
  log: one((x, b) => elementary.log(b, x)),
  sqrt: one(squareRoot),
  abs: one(abs),
  negate: one(negate),
  reciprocal: one((x) => div(of(x.type, 1), x)),
  gelu: one((x, b) => mul(x, normalDistribution(b, x))),
  "gelu-tanh": one((x, b) => mul(x, tanhDistribution(b, x))),
  "hard-sigmoid": (_, [x], [slope, offset]) => hardSigmoid(x as Name, slope as number, offset as number),
  "hard-swish": one((x) => mul(x, hardSigmoid(x, 1 / 6, 0.5))),
  silu: one((x, b) => mul(x, elementary.sigmoid(b, x))),
};

function hardSigmoid(x: Name, slope: number, offset: number): Value {
  return min(max(multiplyAdd(x, of(x.type, slope), of(x.type, offset)), 0), 1);
}

/** Whole exponents up to this are multiplied out. */
const mostFactors = 8;

/** Exponents that generated code knows: whole ones from -8 to 8, and a half. */
export function isPowerKnown(exponent: number): boolean {
  return Math.abs(exponent) === 0.5 || (Number.isInteger(exponent) && Math.abs(exponent) <= mostFactors);
}

function power(b: ProgramBuilder, x: Name, exponent: number): Value {
  const positive = Math.abs(exponent);
  let value: Value = positive === 0.5 ? squareRoot(x) : positive === 0 ? of(x.type, 1) : x;
  for (let factor = 1; factor < positive; factor++) value = mul(value, x);
  return exponent < 0 ? div(of(x.type, 1), b.let("positive", value)) : value;
}

/** An expression on vectors of one type: statements for its steps, and the value of the last. */
export function emitExpression(b: ProgramBuilder, expression: Expression, operands: readonly Value[]): Value {
  const { type } = operands[0] as Value;
  const names: Name[] = operands.map((value) => (value.op === "name" ? value : b.let("operand", value)));
  for (const [at, { apply, of: places, parameters = [] }] of expression.steps.entries()) {
    const taken = places.map((place) => names[place] as Name);
    const value = emitted[apply](b, taken, parameters, type);
    if (at === expression.steps.length - 1) return value;
    names.push(b.let("step", value));
  }
  throw new RangeError("expected an expression of one step or more, found none");
}

/** Functions that take tens of instructions: worth a loop of their own rather than a copy for each register. */
const heavy = new Set<PointwiseFunction>([
  "sigmoid",
  "tanh",
  "erf",
  "exp",
  "log",
  "gelu",
  "gelu-tanh",
  "silu",
]);

/** Steps up to which copies for a whole tile stay short. */
const mostLight = 6;

/** Whether an expression is so short that it may stand once for each register of a tile. */
export function isLight({ steps }: Expression): boolean {
  const work = steps.filter(({ apply }) => apply !== "constant");
  return work.length <= mostLight && work.every(({ apply }) => !heavy.has(apply));
}
