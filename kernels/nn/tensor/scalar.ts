/**
 * Formulas of one element, such as x * sigmoid(x): what elementwise operations are written in. A formula can be
 * differentiated (derivative.ts) and written into a vector program (write-scalar.ts), so a chain of operations and its
 * gradient are one loop each. Equal parts are one record: what occurs twice is computed once.
 */

export type UnaryFunction =
  | "neg"
  | "abs"
  | "sqrt"
  | "exp"
  | "log"
  | "tanh"
  | "erf"
  | "sigmoid"
  | "normal"
  | "round"
  | "floor";
export type BinaryFunction = "add" | "sub" | "mul" | "div" | "max" | "min";
export type Comparison = "lt" | "le" | "gt" | "ge" | "eq" | "ne";

interface Part {
  /** Unique among all formulas of this process. */
  readonly id: number;
}
/** Element of an operand. */
export interface Input extends Part {
  readonly op: "input";
  readonly index: number;
}
/** A number that is only known when the kernel runs: a learning rate. */
export interface Setting extends Part {
  readonly op: "setting";
  readonly index: number;
}
export interface Constant extends Part {
  readonly op: "constant";
  readonly value: number;
}
export interface Unary extends Part {
  readonly op: UnaryFunction;
  readonly of: Scalar;
}
export interface Binary extends Part {
  readonly op: BinaryFunction;
  readonly left: Scalar;
  readonly right: Scalar;
}
/** `yes` where the comparison holds, else `no`. */
export interface Choice extends Part {
  readonly op: "choose";
  readonly when: Comparison;
  readonly left: Scalar;
  readonly right: Scalar;
  readonly yes: Scalar;
  readonly no: Scalar;
}

export type Scalar = Input | Setting | Constant | Unary | Binary | Choice;
type Term = Scalar | number;

const known = new Map<string, Scalar>();

/** The one record of this content. */
function unique(key: string, content: Omit<Scalar, "id">): Scalar {
  let found = known.get(key);
  if (!found) {
    found = { ...content, id: known.size } as Scalar;
    known.set(key, found);
  }
  return found;
}

export const input = (index: number): Scalar => unique(`input ${index}`, { op: "input", index } as Scalar);
export const setting = (index: number): Scalar =>
  unique(`setting ${index}`, { op: "setting", index } as Scalar);
export function constant(value: number): Scalar {
  // Object.is keeps -0 apart from 0; as text they are the same.
  return unique(`constant ${Object.is(value, -0) ? "-0" : value}`, { op: "constant", value } as Scalar);
}
const term = (value: Term): Scalar => (typeof value === "number" ? constant(value) : value);

const isConstant = (part: Scalar, value: number): boolean =>
  part.op === "constant" && Object.is(part.value, value);

function unary(op: UnaryFunction, value: Term): Scalar {
  const of = term(value);
  return unique(`${op} ${of.id}`, { op, of } as Scalar);
}

function binary(op: BinaryFunction, left: Term, right: Term): Scalar {
  const [a, b] = [term(left), term(right)];
  return unique(`${op} ${a.id} ${b.id}`, { op, left: a, right: b } as Scalar);
}

/** Sum. Adding 0 is left out: it would only turn -0 into 0. */
export function add(left: Term, right: Term): Scalar {
  const [a, b] = [term(left), term(right)];
  if (isConstant(a, 0)) return b;
  return isConstant(b, 0) ? a : binary("add", a, b);
}
export function sub(left: Term, right: Term): Scalar {
  const [a, b] = [term(left), term(right)];
  if (isConstant(a, 0)) return neg(b);
  return isConstant(b, 0) ? a : binary("sub", a, b);
}
/** Product. Times 1 is left out. */
export function mul(left: Term, right: Term): Scalar {
  const [a, b] = [term(left), term(right)];
  if (isConstant(a, 1)) return b;
  if (isConstant(b, 1)) return a;
  if (isConstant(a, -1)) return neg(b);
  return isConstant(b, -1) ? neg(a) : binary("mul", a, b);
}
export const div = (left: Term, right: Term): Scalar =>
  isConstant(term(right), 1) ? term(left) : binary("div", left, right);
export const max = (left: Term, right: Term): Scalar => binary("max", left, right);
export const min = (left: Term, right: Term): Scalar => binary("min", left, right);
export function neg(value: Term): Scalar {
  const of = term(value);
  if (of.op === "constant") return constant(-of.value);
  return of.op === "neg" ? of.of : unary("neg", of);
}
export const abs = (value: Term): Scalar => unary("abs", value);
export const sqrt = (value: Term): Scalar => unary("sqrt", value);
export const exp = (value: Term): Scalar => unary("exp", value);
/** Natural logarithm. */
export const log = (value: Term): Scalar => unary("log", value);
export const tanh = (value: Term): Scalar => unary("tanh", value);
export const erf = (value: Term): Scalar => unary("erf", value);
/** 1 / (1 + exp(-x)). */
export const sigmoid = (value: Term): Scalar => unary("sigmoid", value);
/** The probability that a standard normal variate lies below x. */
export const normal = (value: Term): Scalar => unary("normal", value);
/** The nearest whole number, halves to the even one. Its derivative is 0, as that of a step is. */
export const round = (value: Term): Scalar => unary("round", value);
export const floor = (value: Term): Scalar => unary("floor", value);
export const square = (value: Term): Scalar => mul(value, value);

export function choose(left: Term, when: Comparison, right: Term, yes: Term, no: Term): Scalar {
  const [a, b, c, d] = [term(left), term(right), term(yes), term(no)];
  if (c === d) return c;
  const content = { op: "choose", when, left: a, right: b, yes: c, no: d } as Scalar;
  return unique(`choose ${when} ${a.id} ${b.id} ${c.id} ${d.id}`, content);
}

/** The parts that a formula is directly made of. */
export function partsOf(part: Scalar): readonly Scalar[] {
  switch (part.op) {
    case "input":
    case "setting":
    case "constant":
      return [];
    case "choose":
      return [part.left, part.right, part.yes, part.no];
    default:
      return "of" in part ? [part.of] : [part.left, part.right];
  }
}

/** All parts of some formulas, each once and after those that it is made of. */
export function inOrder(formulas: readonly Scalar[]): readonly Scalar[] {
  const seen = new Set<Scalar>();
  const visit = (part: Scalar): void => {
    if (seen.has(part)) return;
    for (const child of partsOf(part)) visit(child);
    seen.add(part);
  };
  for (const formula of formulas) visit(formula);
  return [...seen];
}
