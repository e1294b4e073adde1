/** Activation functions beside those of arithmetic.ts: each a formula, so one loop forward and one back. */
import { geluCube, geluScale } from "../../../elementary/gelu.ts";
import * as scalar from "../scalar.ts";
import type { Tensor } from "../tensor.ts";
import { map } from "./elementwise.ts";

/** x times the probability that a standard normal variate lies below it (Hendrycks & Gimpel 2016), by erf. */
export const gelu = (x: Tensor): Tensor => map([x], (value) => scalar.mul(value, scalar.normal(value)));

/** GELU by tanh, as GPT-2 has it: x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2. */
export const geluTanh = (x: Tensor): Tensor =>
  map([x], (value) => {
    // (1 + tanh u) / 2 is sigmoid(2 u).
    const bent = scalar.add(scalar.mul(scalar.square(value), geluCube), 1);
    return scalar.mul(value, scalar.sigmoid(scalar.mul(scalar.mul(value, 2 * geluScale), bent)));
  });

/** x sigmoid(x), also known as swish (Elfwing, Uchibe & Doya 2018; Ramachandran et al. 2017). */
export const silu = (x: Tensor): Tensor => map([x], (value) => scalar.mul(value, scalar.sigmoid(value)));

/** x where it is positive, `slope` x elsewhere (Maas, Hannun & Ng 2013). */
export const leakyRelu = (x: Tensor, slope = 0.01): Tensor =>
  map([x], (value) => scalar.choose(value, "gt", 0, value, scalar.mul(value, slope)));
