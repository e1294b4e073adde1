/** One-node models of every operator that is read, with attributes and operator sets where they differ. */
import { randomStream } from "../../random.ts";
import { lengthOf, type Tensor } from "../graph.ts";
import { type AttributeValue, OnnxWriter } from "./write.ts";

export interface OperatorCase {
  readonly op: string;
  readonly opset?: number;
  /** The input x. */
  readonly shape: readonly number[];
  readonly attributes?: Readonly<Record<string, AttributeValue>>;
  /** What follows x; null where an optional input is left out. */
  readonly others?: readonly (Tensor | null)[];
  /** Where x is not the first input. */
  readonly first?: Tensor;
  readonly outputs?: number;
  /** x is made positive. */
  readonly positive?: true;
}

const random = randomStream(11);
const real = (...shape: number[]): Tensor => {
  const data = Float32Array.from({ length: lengthOf({ shape }) }, () => 2 * random() - 1);
  return { element: "f32", shape, data };
};
const above = (...shape: number[]): Tensor => {
  const { data, ...rest } = real(...shape);
  return { ...rest, data: data.map((value) => 1 + Math.abs(value)) as Float32Array };
};
const number = (value: number): Tensor => ({ element: "f32", shape: [], data: Float32Array.of(value) });
const list = (...values: number[]): Tensor => ({
  element: "i32",
  shape: [values.length],
  data: Int32Array.from(values),
});
const float = (value: number) => ({ float: value });
/** What exporters write for "to the end": the largest int64, here of 32 bits. */
const end = 2 ** 31 - 1;

const image = [2, 4, 7, 6];
const unary = [
  "Abs",
  "Erf",
  "Exp",
  "Identity",
  "Neg",
  "Reciprocal",
  "Relu",
  "Sigmoid",
  "Tanh",
  "HardSigmoid",
  "LeakyRelu",
];
const window = { kernel_shape: [3, 2], strides: [2, 1], pads: [1, 0, 1, 1] };

export const operatorCases: readonly OperatorCase[] = [
  ...unary.map((op): OperatorCase => ({ op, shape: [3, 5] })),
  { op: "Sqrt", shape: [3, 5], positive: true },
  { op: "Log", shape: [3, 5], positive: true },
  { op: "LeakyRelu", shape: [7], attributes: { alpha: float(0.3) } },
  { op: "HardSigmoid", shape: [9], attributes: { alpha: float(0.5), beta: float(0.6) } },
  { op: "HardSwish", opset: 14, shape: [9] },
  { op: "Gelu", opset: 20, shape: [33] },
  { op: "Gelu", opset: 20, shape: [33], attributes: { approximate: "tanh" } },
  ...["Add", "Sub", "Mul", "Max", "Min"].flatMap((op): OperatorCase[] => [
    { op, shape: [2, 3, 4], others: [real(3, 1)] },
    { op, shape: [4], others: [real(2, 3, 4)] },
  ]),
  { op: "Div", shape: [2, 3, 4], others: [above(3, 1)] },
  { op: "Max", shape: [2, 3], others: [real(3), real(2, 1)] },
  { op: "Sum", shape: [2, 3], others: [real(3), real(2, 1)] },
  ...[2, 3, 0.5, -1].map(
    (value): OperatorCase => ({ op: "Pow", shape: [5], others: [number(value)], positive: true }),
  ),
  { op: "Clip", opset: 7, shape: [3, 3], attributes: { min: float(-0.2), max: float(0.4) } },
  { op: "Clip", shape: [3, 3], others: [null, number(0.25)] },
  { op: "Clip", shape: [3, 3], others: [number(0.1)] },
  { op: "Cast", shape: [4, 4], attributes: { to: 1 } },
  { op: "Conv", shape: image, others: [real(5, 4, 3, 2), real(5)], attributes: window },
  {
    op: "Conv",
    shape: image,
    others: [real(6, 2, 3, 3)],
    attributes: { group: 2, dilations: [2, 1], pads: [2, 1, 2, 1] },
  },
  {
    op: "Conv",
    shape: image,
    others: [real(4, 1, 3, 3)],
    attributes: { group: 4, auto_pad: "SAME_UPPER", strides: [2, 2] },
  },
  { op: "Conv", shape: image, others: [real(3, 4, 2, 2)], attributes: { auto_pad: "SAME_LOWER" } },
  { op: "Conv", shape: image, others: [real(3, 4, 2, 2)], attributes: { auto_pad: "VALID" } },
  { op: "Conv", shape: image, others: [real(8, 4, 1, 1), real(8)] },
  { op: "Gemm", shape: [3, 5], others: [real(5, 4), real(4)] },
  {
    op: "Gemm",
    shape: [5, 3],
    others: [real(4, 5), real(3, 1)],
    attributes: { transA: 1, transB: 1, alpha: float(0.5), beta: float(2) },
  },
  { op: "Gemm", shape: [3, 5], others: [real(5, 4)], attributes: { alpha: float(0.25) } },
  { op: "MatMul", shape: [2, 3, 5], others: [real(5, 4)] },
  { op: "MatMul", shape: [2, 1, 3, 5], others: [real(3, 5, 4)] },
  { op: "MatMul", shape: [3, 5], first: real(2, 4, 3), others: [] },
  { op: "MatMul", shape: [5], others: [real(5, 4)] },
  { op: "MatMul", shape: [3, 5], others: [real(5)] },
  { op: "BatchNormalization", opset: 9, shape: image, others: [real(4), real(4), real(4), above(4)] },
  {
    op: "BatchNormalization",
    opset: 15,
    shape: [3, 4],
    others: [real(4), real(4), real(4), above(4)],
    attributes: { epsilon: float(0.1) },
  },
  { op: "LayerNormalization", opset: 17, shape: [2, 3, 8], others: [real(8), real(8)] },
  {
    op: "LayerNormalization",
    opset: 17,
    shape: [2, 3, 8],
    others: [real(3, 8)],
    attributes: { axis: 1, epsilon: float(1e-3) },
  },
  { op: "Softmax", opset: 11, shape: [2, 3, 4], attributes: { axis: 1 } },
  { op: "Softmax", opset: 11, shape: [2, 3, 4] },
  { op: "Softmax", opset: 13, shape: [2, 3, 4], attributes: { axis: 1 } },
  { op: "Softmax", opset: 13, shape: [2, 3, 40] },
  { op: "MaxPool", shape: image, attributes: window },
  { op: "MaxPool", shape: image, attributes: { kernel_shape: [2, 2], strides: [2, 2], ceil_mode: 1 } },
  {
    op: "MaxPool",
    shape: image,
    attributes: { kernel_shape: [3, 3], strides: [1, 1], auto_pad: "SAME_UPPER" },
  },
  { op: "MaxPool", shape: image, attributes: { kernel_shape: [2, 2], dilations: [2, 2] } },
  { op: "AveragePool", shape: image, attributes: window },
  { op: "AveragePool", shape: image, attributes: { ...window, count_include_pad: 1 } },
  { op: "AveragePool", shape: image, attributes: { kernel_shape: [2, 2], strides: [2, 2], ceil_mode: 1 } },
  { op: "GlobalAveragePool", shape: image },
  { op: "GlobalMaxPool", shape: image },
  { op: "ReduceMean", opset: 13, shape: image, attributes: { axes: [2, 3] } },
  { op: "ReduceMean", opset: 13, shape: image, attributes: { axes: [-3], keepdims: 0 } },
  { op: "ReduceMean", opset: 18, shape: image, others: [list(1, -1)] },
  { op: "ReduceMean", opset: 18, shape: [3, 4], attributes: { keepdims: 0 } },
  { op: "ReduceSum", opset: 11, shape: image, attributes: { axes: [0, 2] } },
  { op: "ReduceSum", opset: 13, shape: image, others: [list(1)], attributes: { keepdims: 0 } },
  { op: "ReduceMax", opset: 13, shape: image, attributes: { axes: [1] } },
  { op: "ReduceMax", opset: 18, shape: image, others: [list(1)] },
  { op: "Flatten", shape: [2, 3, 4] },
  ...[0, 2, 3, -1].map((axis): OperatorCase => ({ op: "Flatten", shape: [2, 3, 4], attributes: { axis } })),
  { op: "Reshape", shape: [2, 3, 4], others: [list(0, -1)] },
  { op: "Reshape", shape: [2, 3, 4], others: [list(4, 2, -1)] },
  { op: "Squeeze", opset: 11, shape: [1, 3, 1, 4], attributes: { axes: [0, -2] } },
  { op: "Squeeze", opset: 13, shape: [1, 3, 1, 4], others: [list(2)] },
  { op: "Squeeze", shape: [1, 3, 1, 4] },
  { op: "Unsqueeze", opset: 11, shape: [3, 4], attributes: { axes: [0, 3] } },
  { op: "Unsqueeze", opset: 13, shape: [3, 4], others: [list(-1, 1)] },
  { op: "Transpose", shape: [2, 3, 4] },
  { op: "Transpose", shape: [2, 3, 4, 5], attributes: { perm: [0, 2, 1, 3] } },
  { op: "Concat", shape: [2, 3], others: [real(2, 4), real(2, 1)], attributes: { axis: -1 } },
  { op: "Slice", opset: 9, shape: [5, 6], attributes: { starts: [1, -4], ends: [4, end], axes: [0, 1] } },
  { op: "Slice", shape: [5, 6], others: [list(-1, 0), list(-end, 5), list(0, 1), list(-2, 3)] },
  { op: "Slice", shape: [5, 6], others: [list(2), list(end)] },
  { op: "Split", opset: 11, shape: [2, 6], attributes: { axis: 1, split: [2, 4] }, outputs: 2 },
  { op: "Split", opset: 13, shape: [2, 6], others: [list(1, 2, 3)], attributes: { axis: -1 }, outputs: 3 },
  { op: "Split", opset: 13, shape: [4, 6], outputs: 2 },
  { op: "Split", opset: 18, shape: [5, 2], attributes: { num_outputs: 2 }, outputs: 2 },
  {
    op: "Pad",
    opset: 10,
    shape: [2, 3],
    attributes: { pads: [0, 1, 2, 0], value: float(0.5), mode: "constant" },
  },
  { op: "Pad", opset: 13, shape: [2, 3], others: [list(1, 1, 0, 2), number(-1)] },
  { op: "Pad", opset: 18, shape: [2, 3], others: [list(1, 2), null, list(1)] },
  { op: "Gather", shape: [4, 3], others: [list(3, -1, 0)] },
  {
    op: "Gather",
    shape: [4, 3],
    others: [{ element: "i32", shape: [2, 2], data: Int32Array.of(0, 1, 2, 0) }],
    attributes: { axis: 1 },
  },
  { op: "Expand", shape: [3, 1], others: [list(2, 1, 4)] },
  { op: "Dropout", shape: [3, 4] },
];

/** `Conv, set 13, [2,4,7,6] {…}`: what a test is called. */
export function caseText({ op, opset = 13, shape, attributes = {}, others = [] }: OperatorCase): string {
  const sides = others.map((other) => (other ? `[${other.shape}]` : "none"));
  return [`${op}, set ${opset}, [${shape}]`, ...sides, JSON.stringify(attributes)].join(" ");
}

/** The model of a case. */
export function caseModel({
  op,
  opset = 13,
  shape,
  attributes,
  others = [],
  first,
  outputs = 1,
}: OperatorCase): Uint8Array {
  const m = new OnnxWriter({ opset });
  const x = m.input("x", shape);
  const before = first ? [m.initializer("first", first)] : [];
  const after = others.map((other, at) => (other ? m.initializer(`other${at}`, other) : ""));
  const names = Array.from({ length: outputs }, (_, at) => `y${at}`);
  m.node(op, [...before, x, ...after], names, attributes);
  for (const name of names) m.output(name, []);
  return m.finish();
}
