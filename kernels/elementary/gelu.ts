/**
 * The two distributions that GELU weighs its argument with (Hendrycks & Gimpel 2016): x Φ(x) by erf, and its approximation
 * by tanh. The one place for the formula; layers, tensors and compiled graphs multiply by x themselves.
 */
import { add, constant, mul, multiplyAdd, type Name, type Value } from "../codegen/expressions.ts";
import type { ProgramBuilder } from "../codegen/program.ts";
import { erf } from "./erf.ts";
import { sigmoid } from "./tanh.ts";

/** sqrt(2 / pi) and the cubic's factor of the form by tanh. */
export const geluScale = Math.sqrt(2 / Math.PI);
export const geluCube = 0.044715;

/** Φ(x) = (1 + erf(x / sqrt 2)) / 2, the probability that a standard normal variate lies below x. */
export function normalDistribution(b: ProgramBuilder, x: Value): Value {
  const half = constant(0.5, x.type);
  return multiplyAdd(erf(b, mul(x, Math.SQRT1_2)), half, half);
}

/** (1 + tanh u) / 2 with u = sqrt(2 / pi) (x + 0.044715 x^3): sigmoid(2 u), which keeps its digits far below 0. */
export function tanhDistribution(b: ProgramBuilder, x: Name): Value {
  const inner = add(mul(mul(x, x), geluCube), 1);
  return sigmoid(b, mul(mul(x, 2 * geluScale), inner));
}
