/**
 * Activation functions as a table: each row says what it is and what its derivative is, as expressions of vector
 * programs; the two programs below apply any row to an array.
 */
import {
  add,
  constant,
  greater,
  less,
  lessOrEqual,
  max,
  min,
  mul,
  multiplyAdd,
  type Name,
  select,
  sub,
  type Value,
} from "../../codegen/expressions.ts";
import { type ProgramBuilder, program } from "../../codegen/program.ts";
import { exp } from "../../elementary/exp.ts";
import { geluCube, geluScale, normalDistribution, tanhDistribution } from "../../elementary/gelu.ts";
import { sigmoid, tanh } from "../../elementary/tanh.ts";
import type { NamedProgram } from "../operation.ts";
import { declare } from "./parameters.ts";
import { read, stretchOf, sweep, write } from "./sweep.ts";

interface ActivationRow {
  readonly title: string;
  readonly value: (b: ProgramBuilder, x: Name) => Value;
  /** The gradient by x, given the gradient by the result. */
  readonly gradient: (b: ProgramBuilder, x: Name, g: Value) => Value;
}

export const activations = {
  relu: {
    title: "max(x, 0), slope 0 at 0",
    value: (_, x) => max(x, 0),
    gradient: (_, x, g) => select(lessOrEqual(x, 0), constant(0, x.type), g),
  },
  relu6: {
    title: "min(max(x, 0), 6), slope 0 at both ends",
    value: (_, x) => min(max(x, 0), 6),
    gradient: (b, x, g) => {
      const zero = constant(0, x.type);
      const below = b.let("below", select(lessOrEqual(x, 0), zero, g));
      return select(less(x, 6), below, select(greater(x, 0), zero, below));
    },
  },
  sigmoid: {
    title: "1 / (1 + e^-x)",
    value: sigmoid,
    gradient: (b, x, g) => {
      const s = b.let("s", sigmoid(b, x));
      return mul(g, mul(s, sub(1, s)));
    },
  },
  tanh: {
    title: "hyperbolic tangent",
    value: tanh,
    gradient: (b, x, g) => {
      const t = b.let("t", tanh(b, x));
      return mul(g, sub(1, mul(t, t)));
    },
  },
  silu: {
    title: "x sigmoid(x)",
    value: (b, x) => mul(x, sigmoid(b, x)),
    gradient: (b, x, g) => {
      const s = b.let("s", sigmoid(b, x));
      return mul(g, multiplyAdd(mul(x, s), sub(constant(1, x.type), s), s));
    },
  },
  gelu: {
    title: "x times the normal distribution, by erf",
    value: (b, x) => mul(x, normalDistribution(b, x)),
    gradient: (b, x, g) => {
      const below = b.let("below", normalDistribution(b, x));
      const density = mul(exp(b, mul(mul(x, -0.5), x)), 1 / Math.sqrt(2 * Math.PI));
      return mul(g, multiplyAdd(x, density, below));
    },
  },
  "gelu-tanh": {
    title: "x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2",
    value: (b, x) => mul(x, tanhDistribution(b, x)),
    gradient: (b, x, g) => {
      const below = b.let("below", tanhDistribution(b, x));
      // Where the square would overflow, the factor before it is 0 long since.
      const square = min(mul(x, x), 2 ** 40);
      const slope = mul(add(mul(square, 3 * geluCube), 1), 2 * geluScale);
      const rise = mul(mul(x, below), sub(1, below));
      return mul(g, multiplyAdd(rise, slope, below));
    },
  },
} as const satisfies Record<string, ActivationRow>;

export type ActivationName = keyof typeof activations;

/** Copies of the loop's body: short ones are bound by memory, and long ones have enough to do side by side. */
const unrolls: Partial<Record<ActivationName, number>> = { relu: 4, relu6: 2 };

/** Parameters `(n, x, y)`. */
export const activationProgram = (name: ActivationName): NamedProgram => ({
  name: `activation-${name}`,
  write: (full, type) =>
    program(full, (b) => {
      const p = declare(b, type.element, { integers: ["n"], pointers: ["x", "y"] });
      sweep(b, stretchOf(b, p.n, type), unrolls[name] ?? 1, (span) => {
        const x = b.let("x", read(p.x, span));
        write(b, p.y, span, activations[name].value(b, x));
      });
    }),
});

/** Parameters `(n, x, gradY, gradX)`. */
export const activationGradient = (name: ActivationName): NamedProgram => ({
  name: `activation-gradient-${name}`,
  write: (full, type) =>
    program(full, (b) => {
      const p = declare(b, type.element, { integers: ["n"], pointers: ["x", "gradY", "gradX"] });
      sweep(b, stretchOf(b, p.n, type), unrolls[name] ?? 1, (span) => {
        const x = b.let("x", read(p.x, span));
        const g = read(p.gradY, span);
        write(b, p.gradX, span, activations[name].gradient(b, x, g));
      });
    }),
});
