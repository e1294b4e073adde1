/**
 * The functions of expressions, one row each: operands, constants, the value in float64. What they are as generated code
 * is in programs/functions.ts. GELU after Hendrycks & Gimpel, arXiv:1606.08415; hard sigmoid, hard swish and the like as
 * the ONNX standard defines them.
 */
import { geluCube, geluScale } from "../elementary/gelu.ts";
import type { Expression, PointwiseFunction, Step } from "./expression.ts";

export interface FunctionRow {
  readonly operands: 0 | 1 | 2;
  /** Names of its constants, in order. */
  readonly parameters: readonly string[];
  value(operands: readonly number[], parameters: readonly number[]): number;
}

const unary = (value: (x: number) => number): FunctionRow => ({
  operands: 1,
  parameters: [],
  value: ([x]) => value(x as number),
});
const binary = (value: (x: number, y: number) => number): FunctionRow => ({
  operands: 2,
  parameters: [],
  value: ([x, y]) => value(x as number, y as number),
});
const shaped = (
  parameters: readonly string[],
  value: (x: number, ...of: number[]) => number,
): FunctionRow => ({
  operands: 1,
  parameters,
  value: ([x], of) => value(x as number, ...of),
});

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
const clamp = (x: number, least: number, most: number): number => Math.min(Math.max(x, least), most);

export const functions: Readonly<Record<PointwiseFunction, FunctionRow>> = {
  constant: { operands: 0, parameters: ["number"], value: (_, [number]) => number as number },
  add: binary((x, y) => x + y),
  sub: binary((x, y) => x - y),
  mul: binary((x, y) => x * y),
  div: binary((x, y) => x / y),
  min: binary(Math.min),
  max: binary(Math.max),
  pow: shaped(["exponent"], (x, exponent) => x ** (exponent as number)),
  relu: unary((x) => Math.max(x, 0)),
  "leaky-relu": shaped(["slope"], (x, slope) => (x < 0 ? (slope as number) * x : x)),
  clip: shaped(["least", "most"], (x, least, most) => clamp(x, least as number, most as number)),
  sigmoid: unary(sigmoid),
  tanh: unary(Math.tanh),
  erf: unary(errorFunction),
  exp: unary(Math.exp),
  log: unary(Math.log),
  sqrt: unary(Math.sqrt),
  abs: unary(Math.abs),
  negate: unary((x) => -x),
  reciprocal: unary((x) => 1 / x),
  gelu: unary((x) => 0.5 * x * (1 + errorFunction(x / Math.SQRT2))),
  "gelu-tanh": unary((x) => 0.5 * x * (1 + Math.tanh(geluScale * (x + geluCube * x ** 3)))),
  "hard-sigmoid": shaped(["slope", "offset"], (x, slope, offset) =>
    clamp((slope as number) * x + (offset as number), 0, 1),
  ),
  "hard-swish": unary((x) => x * clamp(x / 6 + 0.5, 0, 1)),
  silu: unary((x) => x * sigmoid(x)),
};

/** Beyond this erf rounds to 1 in float64. */
const erfIsOne = 6;

/**
 * erf(x) by the series with positive terms alone, 2 / sqrt(pi) exp(-x^2) sum 2^n x^(2n+1) / (2n+1)!! (Abramowitz &
 * Stegun, 7.1.6), which loses nothing to cancellation.
 */
export function errorFunction(x: number): number {
  if (Number.isNaN(x)) return x;
  if (Math.abs(x) >= erfIsOne) return Math.sign(x);
  let term = x;
  let total = x;
  for (let n = 1; Math.abs(term) > Math.abs(total) * 2 ** -54; n++) {
    term *= (2 * x * x) / (2 * n + 1);
    total += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * total;
}

/** The value of an expression for these operands. */
export function valueIn({ operands, steps }: Expression, given: readonly number[]): number {
  const values = given.slice(0, operands);
  for (const step of steps) values.push(valueOfStep(step, values));
  return values.at(-1) as number;
}

function valueOfStep({ apply, of, parameters = [] }: Step, values: readonly number[]): number {
  return functions[apply].value(
    of.map((operand) => values[operand] as number),
    parameters,
  );
}

/** What is wrong with an expression, or null: operands that are not there, or too few of them or of the constants. */
export function flawOf({ operands, steps }: Expression): string | null {
  if (steps.length === 0) return "no step";
  for (const [at, { apply, of, parameters = [] }] of steps.entries()) {
    const row = functions[apply];
    if (of.length !== row.operands) return `${apply} of ${of.length} operands instead of ${row.operands}`;
    if (parameters.length !== row.parameters.length)
      return `${apply} with ${parameters.length} constants instead of ${row.parameters.length}`;
    const absent = of.find(
      (operand) => !(Number.isInteger(operand) && operand >= 0 && operand < operands + at),
    );
    if (absent !== undefined) return `step ${at} of operand ${absent}, which is not there`;
  }
  return null;
}
