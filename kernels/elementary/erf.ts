/**
 * The error function: x + x P(x²) up to 1, beyond it 1 - e^(-x²) R(1 / (x + 2)), where R is the scaled complement
 * e^(x²) (1 - erf x), which is smooth up to infinity in that variable.
 */
import {
  abs,
  add,
  constant,
  div,
  less,
  min,
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
import { elementOf, erfCentre, erfSplit, erfTop } from "./intervals.ts";
import { polynomial } from "./polynomial.ts";

/** erf x, odd, ±1 at the ends. */
export function erf(b: ProgramBuilder, operand: Value): Value {
  const element = elementOf(operand);
  const x = b.let("x", operand);
  const size = b.let("size", abs(x));
  const bounded = b.let("bounded", min(size, erfTop));
  const u = b.let("u", sub(div(constant(1, x.type), add(bounded, 2)), erfCentre));
  const r = polynomial(b, u, coefficients.erfLarge[element]);
  const complement = b.let("complement", exp(b, negate(mul(bounded, bounded))));
  const far = b.let("far", sub(1, mul(complement, r)));
  const signed = b.let("signed", select(less(x, 0), negate(far), far));
  const z = b.let("z", mul(x, x));
  const p = polynomial(b, z, coefficients.erfSmall[element]);
  const near = b.let("near", multiplyAdd(x, p, x));
  return select(less(size, erfSplit), near, signed);
}
