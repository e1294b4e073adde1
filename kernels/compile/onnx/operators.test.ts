import { describe, expect, it } from "vitest";
import { loadPackage } from "../../peers/packages.ts";
import { PeerUnavailable } from "../../peers/unavailable.ts";
import { randomStream } from "../../random.ts";
import { differs, differsFromReference, randomFeeds } from "../checked.ts";
import { compileGraph } from "../compile-graph.ts";
import { evaluateGraph, type Feeds } from "../reference.ts";
import { bertLayer, mobileNetBlock, smallCnn } from "./exported-models.fixture.ts";
import { importModel } from "./import.ts";
import { caseModel, caseText, type OperatorCase, operatorCases } from "./operator-cases.fixture.ts";
import { onnxOperators } from "./operators.ts";

/** What is called of ONNX Runtime. */
interface Runtime {
  readonly Tensor: new (type: string, data: Float32Array | BigInt64Array, dims: readonly number[]) => unknown;
  readonly InferenceSession: {
    create(
      model: Uint8Array,
      options: object,
    ): Promise<{ run(feeds: object): Promise<Readonly<Record<string, { readonly data: Float32Array }>>> }>;
  };
}

function runtime(): Runtime | undefined {
  try {
    return loadPackage<Runtime>("onnxruntime-node", "onnxruntime-node");
  } catch (error) {
    if (error instanceof PeerUnavailable) return undefined;
    throw error;
  }
}

const ort = runtime();

function feedsOf(model: Uint8Array, positive = false): Feeds {
  const graph = importModel(model);
  const feeds = randomFeeds(graph, randomStream(5), 40);
  return positive
    ? new Map([...feeds].map(([name, values]) => [name, Float64Array.from(values, Math.abs)]))
    : feeds;
}

/** Where the reference differs from ONNX Runtime. */
async function differsFromRuntime({ Tensor, InferenceSession }: Runtime, model: Uint8Array, feeds: Feeds) {
  const graph = importModel(model);
  const session = await InferenceSession.create(model, {
    logSeverityLevel: 4,
    graphOptimizationLevel: "disabled",
  });
  const given = graph.inputs.map(({ name, type }) => {
    const values = Array.from(feeds.get(name) ?? []);
    const data = type.element === "f32" ? Float32Array.from(values) : BigInt64Array.from(values, BigInt);
    return [name, new Tensor(type.element === "f32" ? "float32" : "int64", data, type.shape)];
  });
  const found = await session.run(Object.fromEntries(given));
  for (const [name, { data }] of evaluateGraph(graph, feeds)) {
    const difference = differs(name, found[name]?.data ?? [], data, 1e-5);
    if (difference) return difference;
  }
  return null;
}

it("has a case for every operator that is read", () => {
  const tried = new Set(operatorCases.map(({ op }) => op));
  // These stand in models below, where other nodes feed or read them.
  const elsewhere = ["Constant", "ConstantOfShape", "Shape"];
  expect(Object.keys(onnxOperators).filter((op) => !tried.has(op) && !elsewhere.includes(op))).toEqual([]);
});

describe.each(operatorCases.map((each) => [caseText(each), each] as const))("%s", (_, each: OperatorCase) => {
  const model = caseModel(each);
  const feeds = feedsOf(model, each.positive);

  it("computes what the reference computes", () => {
    const graph = importModel(model);
    const compiled = compileGraph(graph, { target: "wasm" });
    expect(differsFromReference(compiled, graph, feeds)).toBeNull();
  });

  it.skipIf(!ort)("means what it means to ONNX Runtime", async () => {
    expect(await differsFromRuntime(ort as Runtime, model, feeds)).toBeNull();
  });
});

describe.skipIf(!ort)("as exported, beside ONNX Runtime", () => {
  it.each([
    ...[7, 9, 13, 17].map((opset) => [`small CNN, set ${opset}`, smallCnn(opset)] as const),
    ...[9, 13, 17].map((opset) => [`MobileNet block, set ${opset}`, mobileNetBlock(opset)] as const),
    ...[11, 14, 17, 20].map((opset) => [`BERT layer, set ${opset}`, bertLayer(opset)] as const),
  ])("%s", async (_, model) => {
    expect(await differsFromRuntime(ort as Runtime, model, feedsOf(model))).toBeNull();
  });
});
