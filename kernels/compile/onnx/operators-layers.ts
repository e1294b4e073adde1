/** ONNX operators that are layers: convolution, products, normalisation, pooling, softmax, reductions. */
import { single } from "../expression.ts";
import { lengthOf, type Reduce, type Tensor, type TensorType, type Window } from "../graph.ts";
import type { Importer, NodeReader } from "./node-reader.ts";

const add = { op: "pointwise", expression: single("add", 2) } as const;

type Pair = readonly [number, number];

/** Two numbers of an attribute, one for each side of an image. */
function pair(node: NodeReader, name: string, otherwise: Pair): Pair {
  const given = node.ints(name);
  if (!given) return otherwise;
  const [y, x] = given;
  if (given.length !== 2 || y === undefined || x === undefined)
    return node.refuse(`${name} of two numbers`, given.join(","), "Only images of two sides are supported.");
  return [y, x];
}

/** The window of a convolution or of pooling; `auto_pad` as the standard's formulas say. */
function windowOf(node: NodeReader, image: TensorType, kernel: Pair): Window {
  const [stride, dilation] = [pair(node, "strides", [1, 1]), pair(node, "dilations", [1, 1])];
  const automatic = node.text("auto_pad", "NOTSET");
  if (automatic !== "NOTSET" && automatic !== "VALID")
    return {
      kernel,
      stride,
      dilation,
      padding: samePadding(node, image, { kernel, stride, dilation }, automatic),
    };
  const pads = node.ints("pads") ?? [0, 0, 0, 0];
  const [top = 0, left = 0, bottom = 0, right = 0] = automatic === "VALID" ? [] : pads;
  if (pads.length !== 4) node.refuse("pads of four numbers", pads.join(","), "Only images are supported.");
  return { kernel, stride, dilation, padding: { top, bottom, left, right } };
}

function samePadding(
  node: NodeReader,
  { shape }: TensorType,
  { kernel, stride, dilation }: Omit<Window, "padding">,
  how: string,
): Window["padding"] {
  if (how !== "SAME_UPPER" && how !== "SAME_LOWER")
    node.refuse("auto_pad NOTSET, VALID, SAME_UPPER or SAME_LOWER", how);
  const ends = ([0, 1] as const).map((at) => {
    const size = shape[2 + at] as number;
    const span = (kernel[at] - 1) * dilation[at] + 1;
    const total = Math.max(0, (Math.ceil(size / stride[at]) - 1) * stride[at] + span - size);
    const less = Math.floor(total / 2);
    return how === "SAME_UPPER" ? [less, total - less] : [total - less, less];
  }) as [[number, number], [number, number]];
  return { top: ends[0][0], bottom: ends[0][1], left: ends[1][0], right: ends[1][1] };
}

const conv: Importer = (node) => {
  const [image, weights] = [node.type(0), node.type(1)];
  const [filters = 0, , height = 0, width = 0] = weights.shape;
  if (image.shape.length !== 4 || weights.shape.length !== 4)
    node.refuse("an image and weights of four sides", `${image.shape.length} and ${weights.shape.length}`);
  const window = windowOf(node, image, pair(node, "kernel_shape", [height, width]));
  const operation = { op: "conv", window, groups: node.int("group", 1) } as const;
  if (!node.has(2)) return node.result(operation, node.input(0), node.input(1));
  const bias = node.emit({ op: "reshape", shape: [filters, 1, 1] }, node.input(2));
  node.result(add, node.emit(operation, node.input(0), node.input(1)), bias);
};

const number = (value: number): Tensor => ({ element: "f32", shape: [], data: Float32Array.of(value) });

const gemm: Importer = (node) => {
  const transposeA = node.int("transA", 0) !== 0;
  const transposeB = node.int("transB", 0) !== 0;
  if (node.rank(0) !== 2 || node.rank(1) !== 2)
    node.refuse("two matrices", `ranks ${node.rank(0)} and ${node.rank(1)}`);
  const [alpha, beta] = [node.float("alpha", 1), node.float("beta", 1)];
  const operation = { op: "product", transposeA, transposeB } as const;
  const biased = node.has(2) && beta !== 0;
  const operands = [node.input(0), node.input(1)] as const;
  if (alpha === 1 && !biased) return node.result(operation, ...operands);
  const scaled = (name: string, factor: number): string =>
    factor === 1
      ? name
      : node.emit(
          { op: "pointwise", expression: single("mul", 2) },
          name,
          node.addConstant(number(factor), "factor"),
        );
  const sums = node.emit(operation, ...operands);
  if (!biased) return node.resultPointwise(single("mul", 2), sums, node.addConstant(number(alpha), "factor"));
  node.result(add, scaled(sums, alpha), scaled(node.input(2), beta));
};

/** A vector on the left is a row, on the right a column, and that side is absent from the result. */
const matMul: Importer = (node) => {
  const asMatrix = (at: number, shape: (length: number) => number[]): string => {
    const type = node.type(at);
    return type.shape.length > 1
      ? node.input(at)
      : node.emit({ op: "reshape", shape: shape(lengthOf(type)) }, node.input(at));
  };
  const operation = { op: "product", transposeA: false, transposeB: false } as const;
  const [a, b] = [asMatrix(0, (length) => [1, length]), asMatrix(1, (length) => [length, 1])];
  const [row, column] = [node.rank(0) === 1, node.rank(1) === 1];
  if (!row && !column) return node.result(operation, a, b);
  const product = node.emit(operation, a, b);
  const shape = [...node.typeOf(product).shape];
  if (column) shape.splice(-1);
  if (row) shape.splice(column ? -1 : -2, 1);
  node.result({ op: "reshape", shape }, product);
};

const batchNormalization: Importer = (node) => {
  if (node.int("training_mode", 0) !== 0 || (node.opset < 9 && node.int("spatial", 1) === 0))
    node.refuse(
      "batch normalisation for inference, by channels",
      "another mode",
      "Export it in evaluation mode.",
    );
  const inputs = [0, 1, 2, 3, 4].map((at) => node.input(at));
  node.result({ op: "batch-norm", epsilon: node.float("epsilon", 1e-5) }, ...inputs);
};

const layerNormalization: Importer = (node) => {
  const { shape } = node.type(0);
  const axis = node.axis(node.int("axis", -1), shape.length);
  const length = lengthOf({ shape: shape.slice(axis) });
  const shift = node.has(2)
    ? node.input(2)
    : node.addConstant({ element: "f32", shape: [length], data: new Float32Array(length) }, "shift");
  node.result(
    { op: "layer-norm", axis, epsilon: node.float("epsilon", 1e-5) },
    node.input(0),
    node.input(1),
    shift,
  );
};

const softmax: Importer = (node) => {
  const { shape } = node.type(0);
  // Before set 13 all sides from the axis on were one; since then it is along the axis alone.
  if (node.opset >= 13)
    return node.result({ op: "softmax", axis: node.axis(node.int("axis", -1), shape.length) }, node.input(0));
  const axis = node.axis(node.int("axis", 1), shape.length);
  const rows = [lengthOf({ shape: shape.slice(0, axis) }), lengthOf({ shape: shape.slice(axis) })];
  const matrix = node.emit({ op: "reshape", shape: rows }, node.input(0));
  node.result({ op: "reshape", shape }, node.emit({ op: "softmax", axis: 1 }, matrix));
};

const pooling =
  (kind: "max" | "average"): Importer =>
  (node) => {
    if (kind === "max" && node.outputCount > 1)
      node.refuse("maximum pooling without indices", "a second output", "Export it without return_indices.");
    const image = node.type(0);
    if (image.shape.length !== 4) node.refuse("an image of four sides", `${image.shape.length}`);
    const kernel = pair(node, "kernel_shape", [0, 0]);
    const countPadding = kind === "average" && node.int("count_include_pad", 0) !== 0;
    const floor = windowOf(node, image, kernel);
    const upwards = node.int("ceil_mode", 0) !== 0;
    const window = upwards ? withLastWindow(image, floor) : floor;
    if (countPadding && window !== floor && JSON.stringify(window) !== JSON.stringify(floor))
      node.refuse(
        "ceil_mode or count_include_pad",
        "both, for windows that reach beyond",
        "Choose one of the two.",
      );
    node.result({ op: "pool", kind, window, countPadding }, node.input(0));
  };

/** With ceil_mode a last window that is not whole counts, if it begins inside the image or its front padding. */
function withLastWindow({ shape }: TensorType, window: Window): Window {
  const more = ([0, 1] as const).map((at) => {
    const [before, after] =
      at === 0 ? [window.padding.top, window.padding.bottom] : [window.padding.left, window.padding.right];
    const size = shape[2 + at] as number;
    const span = (window.kernel[at] - 1) * window.dilation[at] + 1;
    const beyond = (size + before + after - span) % window.stride[at];
    const begins = size + before + after - span - beyond + window.stride[at];
    return beyond === 0 || begins >= size + before ? 0 : window.stride[at] - beyond;
  }) as [number, number];
  const { padding } = window;
  return {
    ...window,
    padding: { ...padding, bottom: padding.bottom + more[0], right: padding.right + more[1] },
  };
}

const globalPooling =
  (kind: Reduce["kind"]): Importer =>
  (node) => {
    const axes = node
      .type(0)
      .shape.map((_, side) => side)
      .slice(2);
    node.result({ op: "reduce", kind, axes, keep: true }, node.input(0));
  };

/** Axes became an input in set 18, for sums in set 13. */
const reduction =
  (kind: Reduce["kind"], since: number): Importer =>
  (node) => {
    const { shape } = node.type(0);
    const given = node.axes(shape.length, 1, since) ?? [];
    if (given.length === 0 && node.int("noop_with_empty_axes", 0) !== 0)
      return node.resultAlias(node.input(0));
    const axes = given.length > 0 ? given : shape.map((_, side) => side);
    node.result({ op: "reduce", kind, axes, keep: node.int("keepdims", 1) !== 0 }, node.input(0));
  };

export const layers: Readonly<Record<string, Importer>> = {
  AveragePool: pooling("average"),
  BatchNormalization: batchNormalization,
  Conv: conv,
  Gemm: gemm,
  GlobalAveragePool: globalPooling("mean"),
  GlobalMaxPool: globalPooling("max"),
  LayerNormalization: layerNormalization,
  MatMul: matMul,
  MaxPool: pooling("max"),
  ReduceMax: reduction("max", 18),
  ReduceMean: reduction("mean", 18),
  ReduceSum: reduction("sum", 13),
  Softmax: softmax,
};
