/**
 * ONNX operators that compute element by element. Definitions: the operator reference of the ONNX standard; where an
 * operator set has changed one, the change stands beside it.
 */
import { type PointwiseFunction, single } from "../expression.ts";
import { lengthOf, type Tensor } from "../graph.ts";
import type { Importer, NodeReader } from "./node-reader.ts";

const unary =
  (apply: PointwiseFunction): Importer =>
  (node) =>
    node.resultPointwise(single(apply, 1), node.input(0));

const binary =
  (apply: PointwiseFunction): Importer =>
  (node) =>
    node.resultPointwise(single(apply, 2), node.input(0), node.input(1));

/** Sum, Min and Max take any number of operands. */
const folded =
  (apply: PointwiseFunction): Importer =>
  (node) => {
    if (node.inputCount === 1) return node.resultAlias(node.input(0));
    let soFar = node.input(0);
    for (let at = 1; at < node.inputCount - 1; at++)
      soFar = node.emit({ op: "pointwise", expression: single(apply, 2) }, soFar, node.input(at));
    node.resultPointwise(single(apply, 2), soFar, node.input(node.inputCount - 1));
  };

/** The one number that an input holds, or the default where it is left out. */
function scalar(node: NodeReader, at: number, what: string, otherwise: number): number {
  const values = node.values(at, what);
  if (!values) return otherwise;
  const [value] = values;
  return values.length === 1 && value !== undefined ? value : node.refuse(`one ${what}`, `${values.length}`);
}

const clip: Importer = (node) => {
  const [low, high] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  // Bounds were attributes before set 11.
  const bounds =
    node.opset < 11
      ? [node.float("min", low), node.float("max", high)]
      : [scalar(node, 1, "lower bound", low), scalar(node, 2, "upper bound", high)];
  node.resultPointwise(single("clip", 1, bounds), node.input(0));
};

const power: Importer = (node) => {
  const exponent = node.constant(1);
  const first = exponent?.data[0];
  if (first === undefined || exponent?.data.some((value) => value !== first))
    return node.refuse("one constant exponent", exponent ? "several" : "one that is computed");
  node.resultPointwise(single("pow", 1, [first]), node.input(0));
};

const gelu: Importer = (node) => {
  const how = node.text("approximate", "none");
  if (how !== "none" && how !== "tanh") node.refuse("approximate none or tanh", how);
  node.resultPointwise(single(how === "tanh" ? "gelu-tanh" : "gelu", 1), node.input(0));
};

/** TensorProto.DataType: float and double; whole types that are read. */
const castTargets: Readonly<Record<number, Tensor["element"]>> = {
  1: "f32",
  11: "f32",
  6: "i32",
  7: "i32",
};

const cast: Importer = (node) => {
  const to = node.int("to", 0);
  const element = castTargets[to];
  if (!element) return node.refuse("a cast to float, double, int32 or int64", `type ${to}`);
  node.result({ op: "cast", element }, node.input(0));
};

/** What is computed once, when the graph is read. */
const constant: Importer = (node) => {
  const [one, many] = [(value: number) => [value], (values: readonly number[] | undefined) => values];
  const integers = node.hasAttribute("value_int")
    ? one(node.int("value_int", 0))
    : many(node.ints("value_ints"));
  const reals = node.hasAttribute("value_float")
    ? one(node.float("value_float", 0))
    : many(node.floats("value_floats"));
  const isOne = node.hasAttribute("value_int") || node.hasAttribute("value_float");
  const listed = integers ?? reals;
  const tensor = node.tensor("value");
  if (tensor) return node.resultConstant(tensor);
  if (!listed) return node.refuse("a constant as tensor, numbers or whole numbers", "another kind");
  const shape = isOne ? [] : [listed.length];
  node.resultConstant(
    integers
      ? { element: "i32", shape, data: Int32Array.from(listed) }
      : { element: "f32", shape, data: Float32Array.from(listed) },
  );
};

/** Elements of a tensor that a file may ask to be filled: 64 MiB. */
const mostFilled = 2 ** 24;

const constantOfShape: Importer = (node) => {
  const shape = node.values(0, "shape") ?? node.refuse("a shape", "none");
  const value = node.tensor("value") ?? { element: "f32", shape: [1], data: new Float32Array(1) };
  const length = lengthOf({ shape });
  if (!(length <= mostFilled)) return node.refuse(`at most ${mostFilled} elements`, String(length));
  const [fill = 0] = value.data;
  const data = value.element === "f32" ? new Float32Array(length) : new Int32Array(length);
  node.resultConstant({ element: value.element, shape: [...shape], data: data.fill(fill) });
};

export const arithmetic: Readonly<Record<string, Importer>> = {
  Abs: unary("abs"),
  Add: binary("add"),
  Cast: cast,
  Clip: clip,
  Constant: constant,
  ConstantOfShape: constantOfShape,
  Div: binary("div"),
  Erf: unary("erf"),
  Exp: unary("exp"),
  Gelu: gelu,
  HardSigmoid: (node) =>
    node.resultPointwise(
      single("hard-sigmoid", 1, [node.float("alpha", 0.2), node.float("beta", 0.5)]),
      node.input(0),
    ),
  HardSwish: unary("hard-swish"),
  LeakyRelu: (node) =>
    node.resultPointwise(single("leaky-relu", 1, [node.float("alpha", 0.01)]), node.input(0)),
  Log: unary("log"),
  Max: folded("max"),
  Min: folded("min"),
  Mul: binary("mul"),
  Neg: unary("negate"),
  Pow: power,
  Reciprocal: unary("reciprocal"),
  Relu: unary("relu"),
  Sigmoid: unary("sigmoid"),
  Sqrt: unary("sqrt"),
  Sub: binary("sub"),
  Sum: folded("add"),
  Tanh: unary("tanh"),
};
