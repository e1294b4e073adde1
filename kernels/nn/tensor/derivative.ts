/**
 * Derivatives of formulas by the chain rule, from the result back to the inputs (reverse mode): one pass gives the
 * gradients of all inputs, and what they share is computed once.
 */
import {
  add,
  type Binary,
  type BinaryFunction,
  type Choice,
  choose,
  constant,
  div,
  exp,
  inOrder,
  mul,
  neg,
  type Scalar,
  square,
  sub,
  type Unary,
  type UnaryFunction,
} from "./scalar.ts";

/** What a change of x does to y = f(x). */
const unaryRules: Readonly<Record<UnaryFunction, (x: Scalar, y: Scalar) => Scalar>> = {
  neg: () => constant(-1),
  // 0 at 0, the middle of the subgradients; torch does the same.
  abs: (x) => choose(x, "gt", 0, 1, choose(x, "lt", 0, -1, 0)),
  sqrt: (_, y) => div(0.5, y),
  exp: (_, y) => y,
  log: (x) => div(1, x),
  tanh: (_, y) => sub(1, square(y)),
  erf: (x) => mul(2 / Math.sqrt(Math.PI), exp(neg(square(x)))),
  sigmoid: (_, y) => mul(y, sub(1, y)),
  normal: (x) => mul(1 / Math.sqrt(2 * Math.PI), exp(mul(-0.5, square(x)))),
  round: () => constant(0),
  floor: () => constant(0),
};

/** What a change of either operand does. Where two are equal, max and min share the gradient, as torch does. */
const binaryRules: Readonly<
  Record<BinaryFunction, (a: Scalar, b: Scalar, y: Scalar) => readonly [Scalar, Scalar]>
> = {
  add: () => [constant(1), constant(1)],
  sub: () => [constant(1), constant(-1)],
  mul: (a, b) => [b, a],
  div: (_, b, y) => [div(1, b), neg(div(y, b))],
  max: (a, b) => [larger(a, b), larger(b, a)],
  min: (a, b) => [larger(b, a), larger(a, b)],
};

const larger = (a: Scalar, b: Scalar): Scalar => choose(a, "gt", b, 1, choose(a, "lt", b, 0, 0.5));

/**
 * The gradient of a formula to each of its inputs 0 to `inputs` - 1, times `seed`, the gradient of its result.
 * Undefined for inputs that it does not depend on. Comparisons have no gradient, what is chosen has.
 */
export function gradientsOf(formula: Scalar, inputs: number, seed: Scalar): readonly (Scalar | undefined)[] {
  const gradients = new Map<Scalar, Scalar>([[formula, seed]]);
  const give = (part: Scalar, gradient: Scalar): void => {
    if (part.op === "constant" || part.op === "setting") return;
    const before = gradients.get(part);
    gradients.set(part, before ? add(before, gradient) : gradient);
  };
  for (const part of inOrder([formula]).toReversed()) {
    const gradient = gradients.get(part);
    if (gradient) passDown(part, gradient, give);
  }
  const found: (Scalar | undefined)[] = Array.from({ length: inputs });
  for (const [part, gradient] of gradients) if (part.op === "input") found[part.index] = gradient;
  return found;
}

function passDown(part: Scalar, gradient: Scalar, give: (part: Scalar, gradient: Scalar) => void): void {
  switch (part.op) {
    case "input":
    case "setting":
    case "constant":
      return;
    case "choose":
      passChoice(part, gradient, give);
      return;
    default:
      if ("of" in part) passUnary(part, gradient, give);
      else passBinary(part, gradient, give);
  }
}

function passUnary(part: Unary, gradient: Scalar, give: (part: Scalar, gradient: Scalar) => void): void {
  const slope = unaryRules[part.op](part.of, part);
  if (slope !== constant(0)) give(part.of, mul(gradient, slope));
}

function passBinary(part: Binary, gradient: Scalar, give: (part: Scalar, gradient: Scalar) => void): void {
  const [toLeft, toRight] = binaryRules[part.op](part.left, part.right, part);
  give(part.left, mul(gradient, toLeft));
  give(part.right, mul(gradient, toRight));
}

function passChoice(part: Choice, gradient: Scalar, give: (part: Scalar, gradient: Scalar) => void): void {
  const { left, right, when, yes, no } = part;
  give(yes, choose(left, when, right, gradient, 0));
  give(no, choose(left, when, right, 0, gradient));
}
