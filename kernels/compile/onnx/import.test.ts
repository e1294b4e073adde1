import { describe, expect, it } from "vitest";
import { nativeAvailability } from "../../native/availability.ts";
import { randomStream } from "../../random.ts";
import { differsFromReference, randomFeeds } from "../checked.ts";
import { compileGraph } from "../compile-graph.ts";
import { bertLayer, mobileNetBlock, smallCnn } from "./exported-models.fixture.ts";
import { importModel } from "./import.ts";

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
