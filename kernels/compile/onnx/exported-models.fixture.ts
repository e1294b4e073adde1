/**
 * Models as public exporters write them: names, node patterns and operator sets after what torch.onnx.export makes of a
 * small convolutional network, a MobileNetV2 block and a BERT layer. Weights are random.
 */
import { randomStream } from "../../random.ts";
import { lengthOf } from "../graph.ts";
import { OnnxWriter } from "./write.ts";

type Random = () => number;

/** Weights of a size that keeps activations near 1. */
function weights(shape: readonly number[], random: Random, around = 0) {
  const fan = Math.sqrt(lengthOf({ shape: shape.slice(1) }) || 1);
  const data = Float32Array.from({ length: lengthOf({ shape }) }, () => around + (2 * random() - 1) / fan);
  return { element: "f32", shape, data } as const;
}

const list = (...values: number[]) =>
  ({ element: "i32", shape: [values.length], data: Int32Array.from(values) }) as const;

function scalar(value: number) {
  return { element: "f32", shape: [], data: Float32Array.of(value) } as const;
}

/** Conv, BatchNormalization, Relu, MaxPool twice, then Flatten, Gemm, Relu, Gemm: a classifier of 28x28 images. */
export function smallCnn(opset = 13, batch: number | string = 2): Uint8Array {
  const random = randomStream(1);
  const m = new OnnxWriter({ name: "main_graph", opset, irVersion: opset < 9 ? 3 : 8 });
  let x = m.input("input", [batch, 1, 28, 28]);
  for (const [at, [from, to]] of [
    [1, 8],
    [8, 16],
  ].entries() as Iterable<[number, [number, number]]>) {
    const w = m.initializer(`conv${at + 1}.weight`, weights([to, from, 3, 3], random));
    const bias = m.initializer(`conv${at + 1}.bias`, weights([to], random));
    x = m.node("Conv", [x, w, bias], `/conv${at + 1}/Conv_output_0`, {
      ...{ dilations: [1, 1], group: 1, kernel_shape: [3, 3], pads: [1, 1, 1, 1], strides: [1, 1] },
    });
    x = batchNorm(m, x, `bn${at + 1}`, to, random);
    x = m.node("Relu", [x], `/relu${at + 1}/Relu_output_0`);
    x = m.node("MaxPool", [x], `/pool${at + 1}/MaxPool_output_0`, {
      ...(opset < 10 ? {} : { ceil_mode: 0 }),
      ...{ kernel_shape: [2, 2], pads: [0, 0, 0, 0], strides: [2, 2] },
    });
  }
  x = m.node("Flatten", [x], "/Flatten_output_0", { axis: 1 });
  const gemm = { alpha: { float: 1 }, beta: { float: 1 }, transB: 1 };
  const [w1, b1] = [
    m.initializer("fc1.weight", weights([32, 784], random)),
    m.initializer("fc1.bias", weights([32], random)),
  ];
  x = m.node("Gemm", [x, w1, b1], "/fc1/Gemm_output_0", gemm);
  x = m.node("Relu", [x], "/relu3/Relu_output_0");
  const [w2, b2] = [
    m.initializer("fc2.weight", weights([10, 32], random)),
    m.initializer("fc2.bias", weights([10], random)),
  ];
  m.node("Gemm", [x, w2, b2], "output", gemm);
  m.output("output", [batch, 10]);
  return m.finish();
}

function batchNorm(m: OnnxWriter, x: string, name: string, channels: number, random: Random): string {
  const parameters = [
    m.initializer(`${name}.weight`, weights([channels], random, 1)),
    m.initializer(`${name}.bias`, weights([channels], random)),
    m.initializer(`${name}.running_mean`, weights([channels], random)),
    m.initializer(`${name}.running_var`, weights([channels], random, 2)),
  ];
  return m.node("BatchNormalization", [x, ...parameters], `/${name}/BatchNormalization_output_0`, {
    ...{ epsilon: { float: 1e-5 }, momentum: { float: 0.9 } },
  });
}

/** Sandler et al., arXiv:1801.04381: expand by 1x1, depthwise 3x3, project by 1x1, add; Clip to 6 in between. */
export function mobileNetBlock(opset = 13): Uint8Array {
  const random = randomStream(2);
  const m = new OnnxWriter({ opset });
  const [channels, wide, side] = [12, 72, 14];
  const input = m.input("input", [1, channels, side, side]);
  const bounds =
    opset < 11
      ? []
      : [m.initializer("/Constant_output_0", scalar(0)), m.initializer("/Constant_1_output_0", scalar(6))];
  const relu6 = (x: string, at: number): string =>
    m.node(
      "Clip",
      [x, ...bounds],
      `/conv/conv.${at}/conv.${at}.2/Clip_output_0`,
      opset < 11 ? { min: { float: 0 }, max: { float: 6 } } : {},
    );
  const conv = (x: string, at: number, from: number, to: number, kernel: number, group: number): string => {
    const w = m.initializer(`conv.${at}.0.weight`, weights([to, from / group, kernel, kernel], random));
    const pad = (kernel - 1) / 2;
    const y = m.node("Conv", [x, w], `/conv/conv.${at}/Conv_output_0`, {
      ...{
        dilations: [1, 1],
        group,
        kernel_shape: [kernel, kernel],
        pads: [pad, pad, pad, pad],
        strides: [1, 1],
      },
    });
    return batchNorm(m, y, `conv.${at}.1`, to, random);
  };
  let x = relu6(conv(input, 0, channels, wide, 1, 1), 0);
  x = relu6(conv(x, 1, wide, wide, 3, wide), 1);
  x = conv(x, 2, wide, channels, 1, 1);
  x = m.node("Add", [input, x], "/Add_output_0");
  x = m.node("GlobalAveragePool", [x], "/GlobalAveragePool_output_0");
  m.node("Flatten", [x], "output", { axis: 1 });
  m.output("output", [1, channels]);
  return m.finish();
}

/**
 * Devlin et al., arXiv:1810.04805: embeddings, self-attention, feed-forward. Before set 17 layer normalisation is nine
 * nodes, and GELU is five around Erf, as exported; shapes are computed from Shape, Gather and Concat.
 */
export function bertLayer(opset = 14, { tokens = 6, hidden = 16, heads = 2 } = {}): Uint8Array {
  const random = randomStream(3);
  const m = new OnnxWriter({ opset });
  const names = new Map<string, number>();
  const output = (op: string): string => {
    const count = names.get(op) ?? 0;
    names.set(op, count + 1);
    return `/${op}${count === 0 ? "" : `_${count}`}_output_0`;
  };
  const node = (
    op: string,
    inputs: readonly string[],
    attributes: Parameters<OnnxWriter["node"]>[3] = {},
  ): string => m.node(op, inputs, output(op), attributes);
  const constant = (value: number): string => node("Constant", [], { value: scalar(value) });
  const integers = (...values: number[]): string => node("Constant", [], { value: list(...values) });
  const ids = m.input("input_ids", [1, tokens], "i64");
  const mask = m.input("attention_mask", [1, tokens], "i64");

  const norm = (x: string, name: string): string => {
    const [w, b] = [
      m.initializer(`${name}.weight`, weights([hidden], random, 1)),
      m.initializer(`${name}.bias`, weights([hidden], random)),
    ];
    if (opset >= 17) return node("LayerNormalization", [x, w, b], { axis: -1, epsilon: { float: 1e-12 } });
    const mean = (y: string): string => node("ReduceMean", [y], { axes: [-1], keepdims: 1 });
    const apart = node("Sub", [x, mean(x)]);
    const variance = mean(node("Pow", [apart, constant(2)]));
    const deviation = node("Sqrt", [node("Add", [variance, constant(1e-12)])]);
    return node("Add", [node("Mul", [node("Div", [apart, deviation]), w]), b]);
  };
  const linear = (x: string, name: string, from: number, to: number): string => {
    const w = m.initializer(`onnx::MatMul_${name}`, weights([from, to], random));
    const b = m.initializer(`${name}.bias`, weights([to], random));
    return node("Add", [b, node("MatMul", [x, w])]);
  };
  const inHeads = (x: string, permutation: readonly number[]): string => {
    const side = (at: number): string =>
      node(
        "Gather",
        [
          node("Shape", [x]),
          node("Constant", [], { value: { element: "i32", shape: [], data: Int32Array.of(at) } }),
        ],
        { axis: 0 },
      );
    const sides = [0, 1].map((at) =>
      node("Unsqueeze", opset < 13 ? [side(at)] : [side(at), integers(0)], opset < 13 ? { axes: [0] } : {}),
    );
    const shape = node("Concat", [...sides, integers(heads), integers(hidden / heads)], { axis: 0 });
    return node("Transpose", [node("Reshape", [x, shape])], { perm: permutation });
  };

  const words = m.initializer("embeddings.word_embeddings.weight", weights([40, hidden], random));
  const positions = m.initializer(
    "embeddings.position_embeddings.weight",
    weights([1, tokens, hidden], random),
  );
  let x = norm(node("Add", [node("Gather", [words, ids]), positions]), "embeddings.LayerNorm");
  const wide = node(
    "Unsqueeze",
    opset < 13 ? [mask] : [mask, integers(1, 2)],
    opset < 13 ? { axes: [1, 2] } : {},
  );
  const bias = node("Mul", [node("Sub", [constant(1), node("Cast", [wide], { to: 1 })]), constant(-10000)]);
  const query = inHeads(linear(x, "query", hidden, hidden), [0, 2, 1, 3]);
  const key = inHeads(linear(x, "key", hidden, hidden), [0, 2, 3, 1]);
  const value = inHeads(linear(x, "value", hidden, hidden), [0, 2, 1, 3]);
  const scores = node("Div", [node("MatMul", [query, key]), constant(Math.sqrt(hidden / heads))]);
  const attention = node("Softmax", [node("Add", [scores, bias])], { axis: opset < 13 ? 3 : -1 });
  const context = node("Transpose", [node("MatMul", [attention, value])], { perm: [0, 2, 1, 3] });
  const joined = node("Reshape", [context, integers(0, -1, hidden)]);
  x = norm(
    node("Add", [linear(joined, "attention.output.dense", hidden, hidden), x]),
    "attention.output.LayerNorm",
  );
  const up = linear(x, "intermediate.dense", hidden, 4 * hidden);
  const erf = node("Erf", [node("Div", [up, constant(Math.SQRT2)])]);
  const gelu =
    opset >= 20
      ? node("Gelu", [up])
      : node("Mul", [node("Mul", [up, node("Add", [erf, constant(1)])]), constant(0.5)]);
  x = norm(node("Add", [linear(gelu, "output.dense", 4 * hidden, hidden), x]), "output.LayerNorm");
  m.node("Identity", [x], "last_hidden_state");
  m.output("last_hidden_state", [1, tokens, hidden]);
  return m.finish();
}
