/**
 * Arithmetic element by element as data: a list of steps over operands. One step is an activation or a sum; many are
 * what fusion makes of a chain, so that a value stays in a register from the first step to the last. The table of
 * functions (arithmetic.ts) knows each step's value in float64 and as generated code.
 */

/** Names of the functions that a step may apply; arithmetic.ts has a row for each. */
export type PointwiseFunction =
  | "constant"
  | "add"
  | "sub"
  | "mul"
  | "div"
  | "min"
  | "max"
  | "pow"
  | "relu"
  | "leaky-relu"
  | "clip"
  | "sigmoid"
  | "tanh"
  | "erf"
  | "exp"
  | "log"
  | "sqrt"
  | "abs"
  | "negate"
  | "reciprocal"
  | "gelu"
  | "gelu-tanh"
  | "hard-sigmoid"
  | "hard-swish"
  | "silu";

export interface Step {
  readonly apply: PointwiseFunction;
  /** Below `operands`: an operand of the expression; from there on the result of an earlier step. */
  readonly of: readonly number[];
  /** Constants of the function (slope, bounds, exponent), in the order that its row states. */
  readonly parameters?: readonly number[];
}

export interface Expression {
  /** How many tensors it reads. */
  readonly operands: number;
  /** The result is the last step's. */
  readonly steps: readonly Step[];
}

/** An expression of one step on its operands in order. */
export function single(
  apply: PointwiseFunction,
  operands: number,
  parameters: readonly number[] = [],
): Expression {
  const of = Array.from({ length: operands }, (_, at) => at);
  return { operands, steps: [parameters.length > 0 ? { apply, of, parameters } : { apply, of }] };
}

/** An expression with the operands that its tensors have. */
export interface Applied {
  readonly expression: Expression;
  readonly inputs: readonly string[];
}

/**
 * `outer` with one of its inputs, the tensor `name`, replaced by the expression that makes it. Inputs that both read
 * are read once.
 */
export function substituted(outer: Applied, name: string, inner: Applied): Applied {
  const inputs = [...new Set([...inner.inputs, ...outer.inputs.filter((input) => input !== name)])];
  const place = (input: string): number => inputs.indexOf(input);
  const innerNumber = (operand: number): number =>
    operand < inner.expression.operands
      ? place(inner.inputs[operand] as string)
      : inputs.length + operand - inner.expression.operands;
  const result = inputs.length + inner.expression.steps.length - 1;
  const outerNumber = (operand: number): number => {
    if (operand >= outer.expression.operands) return result + 1 + operand - outer.expression.operands;
    const input = outer.inputs[operand] as string;
    return input === name ? result : place(input);
  };
  const moved = (steps: readonly Step[], number: (operand: number) => number): Step[] =>
    steps.map((step) => ({ ...step, of: step.of.map(number) }));
  return {
    inputs,
    expression: {
      operands: inputs.length,
      steps: [...moved(inner.expression.steps, innerNumber), ...moved(outer.expression.steps, outerNumber)],
    },
  };
}

/** The expression with its operands in another order: `order[i]` is where operand i of the result was. */
export function reordered(expression: Expression, order: readonly number[]): Expression {
  const number = (operand: number): number =>
    operand < expression.operands ? order.indexOf(operand) : operand;
  return { ...expression, steps: expression.steps.map((step) => ({ ...step, of: step.of.map(number) })) };
}

/** `add, relu`: the functions in the order in which they are applied. */
export function expressionText({ steps }: Expression): string {
  return steps.flatMap(({ apply }) => (apply === "constant" ? [] : [apply])).join(", ");
}
