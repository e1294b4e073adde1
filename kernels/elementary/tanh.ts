/**
 * Hyperbolic tangent and the logistic function, of exp where that loses nothing: tanh of small x is a polynomial, and
 * sigmoid takes e^-|x|, which never overflows.
 */
import {
  abs,
  add,
  constant,
  div,
  less,
  mul,
  multiplyAdd,
  negate,
  select,
  sub,
  type Value,
} from "../codegen/expressions.ts";
import type { ProgramBuilder } from "../codegen/program.ts";
import { coefficients } from "./coefficients.ts";
import { exp } from "./exp.ts";
import { elementOf, tanhSplit } from "./intervals.ts";
import { polynomial } from "./polynomial.ts";

/** tanh x: x (1 + x² P(x²)) near 0, which keeps -0; else ±(1 - 2 / (e^2|x| + 1)). */
export function tanh(b: ProgramBuilder, operand: Value): Value {
  const element = elementOf(operand);
  const x = b.let("x", operand);
  const size = b.let("size", abs(x));
  const e = exp(b, add(size, size));
  const far = b.let("far", sub(1, div(constant(2, x.type), add(e, 1))));
  const signed = b.let("signed", select(less(x, 0), negate(far), far));
  const z = b.let("z", mul(x, x));
  const p = polynomial(b, z, coefficients.tanh[element]);
  const near = b.let("near", mul(x, multiplyAdd(z, p, constant(1, x.type))));
  return select(less(size, tanhSplit), near, signed);
}

/** 1 / (1 + e^-x): as e^x / (1 + e^x) below 0, so that small results keep all their digits. */
export function sigmoid(b: ProgramBuilder, operand: Value): Value {
  const x = b.let("x", operand);
  const e = b.let("e", exp(b, negate(abs(x))));
  const above = select(less(x, 0), e, constant(1, x.type));
  return div(above, add(e, 1));
}
