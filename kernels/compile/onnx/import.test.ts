import { describe, expect, it } from "vitest";
import { nativeAvailability } from "../../native/availability.ts";
import { randomStream } from "../../random.ts";
import { differsFromReference, randomFeeds } from "../checked.ts";
import { compileGraph } from "../compile-graph.ts";
import { evaluateGraph } from "../reference.ts";
import { bertLayer, mobileNetBlock, smallCnn } from "./exported-models.fixture.ts";
import { importModel } from "./import.ts";
import { OnnxWriter } from "./write.ts";

const targets = ["js", "wasm", ...(nativeAvailability().available ? (["native"] as const) : [])] as const;

describe.each([
  ...[7, 9, 11, 13, 17, 21].map((opset) => [`small CNN, set ${opset}`, () => smallCnn(opset)] as const),
  ...[9, 13, 21].map((opset) => [`MobileNet block, set ${opset}`, () => mobileNetBlock(opset)] as const),
  ...[11, 14, 17, 20].map((opset) => [`BERT layer, set ${opset}`, () => bertLayer(opset)] as const),
])("%s", (_, write) => {
  it.each(targets)("computes on %s what the reference computes", (target) => {
    const graph = importModel(write());
    const compiled = compileGraph(graph, { target });
    expect(differsFromReference(compiled, graph, randomFeeds(graph, randomStream(7), 40))).toBeNull();
  });
});

it("computes shapes and what is filled by them while it reads", () => {
  const m = new OnnxWriter({ opset: 13 });
  const x = m.input("x", [2, 3]);
  const value = { element: "f32", shape: [1], data: Float32Array.of(2.5) } as const;
  const filled = m.node("ConstantOfShape", [m.node("Shape", [x], "sides")], "filled", { value });
  m.node("Mul", [x, filled], "y");
  m.output("y", [2, 3]);
  const graph = importModel(m.finish());
  expect(graph.nodes.map(({ operation }) => operation.op)).toEqual(["pointwise"]);
  const y = evaluateGraph(graph, new Map([["x", [1, 2, 3, 4, 5, 6]]])).get("y");
  expect([...(y?.data ?? [])]).toEqual([2.5, 5, 7.5, 10, 12.5, 15]);
});
