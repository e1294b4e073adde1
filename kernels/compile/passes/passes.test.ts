import { describe, expect, it } from "vitest";
import { randomStream } from "../../random.ts";
import { type Built, GraphBuilder } from "../build-graph.ts";
import { differs, randomFeeds } from "../checked.ts";
import { expressionText, single } from "../expression.ts";
import type { Graph, Window } from "../graph.ts";
import { bertLayer } from "../onnx/exported-models.fixture.ts";
import { importModel } from "../onnx/import.ts";
import { randomValues } from "../random-graph.fixture.ts";
import { evaluateGraph } from "../reference.ts";
import { eliminate } from "./eliminate.ts";
import { foldBatchNorm } from "./fold-batch-norm.ts";
import { foldConstants } from "./fold-constants.ts";
import { fuse } from "./fuse.ts";
import { inlineScalars } from "./inline-scalars.ts";
import { legalise } from "./legalise.ts";
import type { Pass } from "./pass.ts";
import { recognise } from "./recognise.ts";

const random = randomStream(3);

function weights(b: GraphBuilder, ...shape: number[]): Built {
  const length = shape.reduce((product, side) => product * side, 1);
  return b.constant({
    element: "f32",
    shape,
    data: randomValues(length, random).map((value) => value + 1.5),
  });
}

const window: Window = {
  kernel: [3, 3],
  stride: [1, 1],
  dilation: [1, 1],
  padding: { top: 1, bottom: 1, left: 1, right: 1 },
};
const conv = (b: GraphBuilder, x: Built, filters = 4): Built =>
  b.node({ op: "conv", window, groups: 1 }, x, weights(b, filters, x.type.shape[1] as number, 3, 3));
const norm = (b: GraphBuilder, x: Built): Built => {
  const parameters = Array.from({ length: 4 }, () => weights(b, x.type.shape[1] as number));
  return b.node({ op: "batch-norm", epsilon: 1e-5 }, x, ...parameters);
};
const relu = (b: GraphBuilder, x: Built): Built => b.pointwise(single("relu", 1), x);
const add = (b: GraphBuilder, x: Built, y: Built): Built => b.pointwise(single("add", 2), x, y);

function image(): [GraphBuilder, Built] {
  const b = new GraphBuilder("made");
  return [b, b.input("x", { element: "f32", shape: [2, 3, 5, 5] })];
}

/** The graph after a pass, which must compute the same; and its nodes in words: `conv: add, relu`. */
function nodesAfter(pass: Pass, graph: Graph): string[] {
  const passed = pass.run(graph);
  const feeds = randomFeeds(graph, randomStream(9), 6);
  const expected = evaluateGraph(graph, feeds);
  for (const [name, { data }] of evaluateGraph(passed, feeds))
    expect(differs(name, data, expected.get(name)?.data ?? [], 2e-6)).toBeNull();
  return passed.nodes.map(({ operation }) => {
    const expression = operation.op === "pointwise" ? operation.expression : undefined;
    const epilogue = "epilogue" in operation ? operation.epilogue : undefined;
    const text = expression ?? epilogue;
    return text ? `${operation.op}: ${expressionText(text)}` : operation.op;
  });
}

describe("fuse", () => {
  it("joins bias, activation and shortcut with the convolution before them", () => {
    const [b, x] = image();
    const y = relu(b, add(b, add(b, conv(b, x, 3), weights(b, 3, 1, 1)), x));
    expect(nodesAfter(fuse, b.finish(y))).toEqual(["conv: add, add, relu"]);
  });

  it("joins a chain that follows no layer, and a value that is used twice", () => {
    const [b, x] = image();
    const gate = b.pointwise(single("sigmoid", 1), relu(b, x));
    expect(nodesAfter(fuse, b.finish(b.pointwise(single("mul", 2), x, gate)))).toEqual([
      "pointwise: relu, sigmoid, mul",
    ]);
    const [c, z] = image();
    const y = conv(c, z);
    expect(
      nodesAfter(fuse, c.finish(c.pointwise(single("mul", 2), y, c.pointwise(single("sigmoid", 1), y)))),
    ).toEqual(["conv: sigmoid, mul"]);
  });

  it("leaves a result that is read elsewhere, or that the caller gets", () => {
    const [b, x] = image();
    const y = conv(b, x);
    const [left, right] = [relu(b, y), b.pointwise(single("abs", 1), y)];
    expect(nodesAfter(fuse, b.finish(left, right))).toEqual(["conv", "pointwise: relu", "pointwise: abs"]);
    const [c, z] = image();
    const w = conv(c, z);
    expect(nodesAfter(fuse, c.finish(relu(c, w), w))).toEqual(["conv", "pointwise: relu"]);
  });

  it("leaves a value that is read in many places of a larger result", () => {
    const [b, x] = image();
    const mean = b.node({ op: "reduce", kind: "mean", axes: [2, 3], keep: true }, x);
    const y = b.pointwise(single("mul", 2), x, b.pointwise(single("sigmoid", 1), mean));
    expect(nodesAfter(fuse, b.finish(y))).toEqual(["reduce", "pointwise: sigmoid", "pointwise: mul"]);
  });
});

describe("fold-batch-norm", () => {
  it("goes into the weights of a convolution, with its bias or without", () => {
    const [b, x] = image();
    expect(nodesAfter(foldBatchNorm, b.finish(norm(b, conv(b, x))))).toEqual(["conv", "pointwise: add"]);
    const [c, z] = image();
    const biased = add(c, weights(c, 4, 1, 1), conv(c, z));
    expect(nodesAfter(foldBatchNorm, c.finish(norm(c, biased)))).toEqual(["conv", "pointwise: add"]);
  });

  it("goes into the columns of a product, transposed or not", () => {
    for (const transposeB of [false, true]) {
      const b = new GraphBuilder("made");
      const x = b.input("x", { element: "f32", shape: [2, 5] });
      const w = transposeB ? weights(b, 3, 5) : weights(b, 5, 3);
      const y = b.node({ op: "product", transposeA: false, transposeB }, x, w);
      expect(nodesAfter(foldBatchNorm, b.finish(norm(b, add(b, y, weights(b, 3)))))).toEqual([
        "product",
        "pointwise: add",
      ]);
    }
  });

  it("becomes arithmetic where the sums are read elsewhere, and leaves weights that others read as they are", () => {
    const [b, x] = image();
    const y = conv(b, x);
    expect(nodesAfter(foldBatchNorm, b.finish(norm(b, y), y))).toEqual(["conv", "pointwise: mul, add"]);
    const [c, z] = image();
    const w = weights(c, 4, 3, 3, 3);
    const twice = [0, 1].map(() => c.node({ op: "conv", window, groups: 1 }, z, w)) as [Built, Built];
    expect(nodesAfter(foldBatchNorm, c.finish(norm(c, twice[0]), twice[1]))).toEqual([
      "conv",
      "conv",
      "pointwise: add",
    ]);
  });
});

describe("recognise", () => {
  it("finds the layer normalisations of an exported BERT layer", () => {
    const graph = importModel(bertLayer(14));
    const nodes = nodesAfter({ ...recognise, run: (given) => eliminate.run(recognise.run(given)) }, graph);
    expect(nodes.filter((node) => node === "layer-norm")).toHaveLength(3);
    expect(nodes.filter((node) => node === "reduce")).toEqual([]);
  });

  it("leaves what only looks alike: the mean of something else, another axis", () => {
    for (const axes of [[1], [2]]) {
      const b = new GraphBuilder("made");
      const x = b.input("x", { element: "f32", shape: [2, 4, 4] });
      const mean = (of: Built, along: readonly number[]): Built =>
        b.node({ op: "reduce", kind: "mean", axes: along, keep: true }, of);
      const apart = b.pointwise(
        single("sub", 2),
        x,
        mean(axes[0] === 2 ? b.pointwise(single("abs", 1), x) : x, [2]),
      );
      const variance = mean(b.pointwise(single("pow", 1, [2]), apart), axes);
      const root = b.pointwise(single("sqrt", 1), add(b, variance, weights(b, 1)));
      const y = b.pointwise(single("mul", 2), b.pointwise(single("div", 2), apart, root), weights(b, 4));
      expect(nodesAfter(recognise, b.finish(add(b, y, weights(b, 4))))).not.toContain("layer-norm");
    }
  });
});

describe("inline-scalars", () => {
  it("puts numbers into the code, unless they give the result its rank", () => {
    const [b, x] = image();
    const y = b.pointwise(single("sub", 2), weights(b, 1), b.pointwise(single("mul", 2), x, weights(b)));
    const graph = b.finish(y);
    expect(nodesAfter(inlineScalars, graph)).toEqual(["pointwise: mul", "pointwise: sub"]);
    expect(inlineScalars.run(graph).nodes.map(({ inputs }) => inputs.length)).toEqual([1, 1]);
    const wide = add(b, x, weights(b, 1, 1, 1, 1, 1));
    expect(inlineScalars.run(b.finish(wide)).nodes.at(-1)?.inputs).toHaveLength(2);
  });
});

describe("fold-constants and eliminate", () => {
  it("compute what is known, and take out what does nothing", () => {
    const [b, x] = image();
    const known = relu(b, b.node({ op: "transpose", permutation: [1, 0] }, weights(b, 3, 5)));
    const turned = b.node({ op: "transpose", permutation: [0, 1, 3, 2] }, x);
    const back = b.node({ op: "transpose", permutation: [0, 1, 3, 2] }, turned);
    const flat = b.node({ op: "reshape", shape: [2, 75] }, b.node({ op: "reshape", shape: [150] }, back));
    relu(b, flat);
    const y = b.node(
      { op: "product", transposeA: false, transposeB: false },
      b.node({ op: "reshape", shape: [30, 5] }, flat),
      known,
    );
    const folded = foldConstants.run(b.finish(y));
    expect(folded.constants.get(known.name)?.shape).toEqual([5, 3]);
    expect(nodesAfter(eliminate, folded)).toEqual(["reshape", "product"]);
    expect([...eliminate.run(folded).constants.keys()]).toEqual([known.name]);
  });

  it("do not store what is only a repetition", () => {
    const [b, x] = image();
    const large = b.node({ op: "expand", shape: [300, 5, 5, 5] }, weights(b, 5));
    const y = add(b, x, b.node({ op: "reduce", kind: "sum", axes: [0, 1], keep: true }, large));
    expect(nodesAfter(foldConstants, b.finish(y))).toEqual(["expand", "reduce", "pointwise: add"]);
  });
});

it("legalise brings softmax, reductions and right operands to where kernels expect them", () => {
  const [b, x] = image();
  const soft = b.node({ op: "softmax", axis: 1 }, x);
  const reduced = b.node({ op: "reduce", kind: "max", axes: [0, 2], keep: true }, soft);
  expect(nodesAfter(legalise, b.finish(reduced))).toEqual([
    ...["transpose", "softmax", "transpose"],
    ...["transpose", "reduce", "reshape"],
  ]);
  const [c, z] = image();
  const square = c.node({ op: "product", transposeA: false, transposeB: true }, z, z);
  expect(nodesAfter(legalise, c.finish(square))).toEqual(["transpose", "product"]);
});
