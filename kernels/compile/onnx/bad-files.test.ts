import { mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { compileGraph } from "../compile-graph.ts";
import type { Tensor } from "../graph.ts";
import { GraphError } from "../graph-error.ts";
import { smallCnn } from "./exported-models.fixture.ts";
import { readOnnxFile } from "./file.ts";
import { importModel } from "./import.ts";
import { encodeModel } from "./messages.ts";
import { tensorMessage } from "./tensor.ts";
import { OnnxWriter } from "./write.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "kdaccel-onnx-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string, content: Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

const ones = (...shape: number[]): Tensor => ({
  element: "f32",
  shape,
  data: new Float32Array(shape.reduce((product, side) => product * side, 1)).fill(1),
});

/** A model of one node on x. */
function model(
  op: string,
  shape: readonly (number | string)[],
  others: readonly Tensor[] = [],
  options = {},
): Uint8Array {
  const m = new OnnxWriter({ opset: 13, ...options });
  const x = m.input("x", shape);
  m.node(op, [x, ...others.map((each, at) => m.initializer(`w${at}`, each))], "y", {}, "it");
  m.output("y", []);
  return m.finish();
}

describe("a file", () => {
  it("that is a model is read", () => {
    expect(readOnnxFile(file("cnn.onnx", smallCnn())).nodes.length).toBeGreaterThan(10);
  });

  it("beyond the limit is refused by its size, before it is read", () => {
    const path = file("huge.onnx", new Uint8Array(1));
    // Sparse: the size is stated, the bytes do not exist; to read them would take the memory.
    truncateSync(path, 2 ** 36);
    expect(() => readOnnxFile(path)).toThrow(
      "expected a file of at most 1073741824 bytes; found 68719476736.",
    );
    expect(() => readOnnxFile(file("cnn.onnx", smallCnn()), { mostBytes: 100 })).toThrow("at most 100 bytes");
  });

  it("that is none, a folder or empty is refused", () => {
    expect(() => readOnnxFile(join(folder, "absent.onnx"))).toThrow("found ENOENT. Check the path.");
    expect(() => readOnnxFile(folder)).toThrow("found a folder");
    expect(() => readOnnxFile(file("empty.onnx", new Uint8Array(0)))).toThrow("found an empty file");
  });

  it.each([0.1, 0.5, 0.9, 0.999])("cut off at %f of its length is refused", (share) => {
    const whole = smallCnn();
    const path = file("cut.onnx", whole.subarray(0, Math.floor(share * whole.length)));
    expect(() => readOnnxFile(path)).toThrow(GraphError);
  });

  it("of anything else is refused as no model", () => {
    const random = fc.property(fc.uint8Array({ minLength: 1, maxLength: 200 }), (bytes) => {
      expect(() => importModel(bytes)).toThrow(GraphError);
    });
    fc.assert(random, { numRuns: 300 });
  });

  it("with a damaged byte is refused, or is a graph that compiles", () => {
    const whole = smallCnn();
    // The weights are most of the file: damage is done to the structure, at its end.
    const places = fc.tuple(fc.integer({ min: 0, max: 1500 }), fc.integer({ min: 0, max: 255 }));
    const damaged = fc.property(places, ([fromEnd, byte]) => {
      const bytes = Uint8Array.from(whole);
      bytes[fromEnd % 2 === 0 ? fromEnd : bytes.length - 1 - fromEnd] = byte;
      try {
        compileGraph(importModel(bytes), { target: "js" });
      } catch (error) {
        expect(error).toBeInstanceOf(GraphError);
      }
    });
    fc.assert(damaged, { numRuns: 60 });
  });
});

describe("a model is refused with the node, what was expected and what was found:", () => {
  const refusals: readonly (readonly [string, () => Uint8Array, string])[] = [
    [
      "operator set 22",
      () => model("Relu", [1], [], { opset: 22 }),
      "expected operator set 7 to 21; found 22.",
    ],
    ["operator set 6", () => model("Relu", [1], [], { opset: 6 }), "expected operator set 7 to 21; found 6."],
    [
      "an unknown operator",
      () => model("Einsum", [1]),
      "node it (Einsum): expected a supported operator: Abs, Add,",
    ],
    [
      "a named operator of Object",
      () => model("constructor", [1]),
      "node it (constructor): expected a supported",
    ],
    [
      "a side by name",
      () => model("Relu", ["batch", 3]),
      'side 0 with the name "batch" in place of a number',
    ],
    [
      "an absent operand",
      () => model("Add", [3]),
      "node it (Add): expected an input at place 1; found none.",
    ],
    [
      "sides that differ",
      () => model("Add", [3], [ones(4)]),
      "expected inputs that broadcast; found [3] and [4].",
    ],
    [
      "channels that differ",
      () => model("Conv", [1, 3, 8, 8], [ones(2, 4, 3, 3)]),
      "node it (conv): expected weights for 3 channels: 3 of the image in 1 group; found weights for 4.",
    ],
    [
      "a kernel larger than the image",
      () => model("Conv", [1, 1, 2, 2], [ones(1, 1, 3, 3)]),
      "at least as large as the window 3x3",
    ],
    [
      "a one-sided convolution",
      () => model("Conv", [1, 1, 9], [ones(1, 1, 3)]),
      "an image and weights of four sides",
    ],
    [
      "inner sides that differ",
      () => model("MatMul", [2, 3], [ones(4, 5)]),
      "expected a second operand of 3 rows; found 4,",
    ],
    [
      "a shape of other length",
      () => model("Reshape", [2, 3], [{ element: "i32", shape: [1], data: Int32Array.of(5) }]),
      "expected a shape of 6 elements; found [5].",
    ],
    [
      "an index that points nowhere",
      () => model("Gather", [3], [{ element: "i32", shape: [1], data: Int32Array.of(3) }]),
      "node it (gather)",
    ],
  ];
  it.each(refusals)("%s", (name, write, message) => {
    const read = () => {
      const graph = importModel(write());
      if (name === "an index that points nowhere") compileGraph(graph, { target: "js" }).run();
    };
    expect(read).toThrow(message);
  });

  it("takes a named side from the options", () => {
    const graph = importModel(model("Relu", ["batch", 3]), { dimensions: { batch: 4 } });
    expect(graph.inputs[0]?.type.shape).toEqual([4, 3]);
  });

  const withTensor = (change: object): Uint8Array =>
    encodeModel({
      irVersion: 8,
      opsetImport: [{ domain: "", version: 13 }],
      graph: {
        node: [{ opType: "Relu", input: ["w"], output: ["y"] }],
        initializer: [{ ...tensorMessage("w", ones(2, 3)), ...change }],
        output: [{ name: "y" }],
      },
    });

  it.each([
    [
      "fewer elements than sides say",
      { dims: [2, 4] },
      "initializer w: expected 8 elements for [2,4]; found 6.",
    ],
    [
      "bytes that are no whole elements",
      { rawData: new Uint8Array(23) },
      "expected 6 elements for [2,3]; found 5.75.",
    ],
    ["sides beyond any memory", { dims: [2 ** 30, 2 ** 30] }, "at most 536870912 elements"],
    ["a negative side", { dims: [-2, 3] }, "expected sides of 0 or more"],
    ["data in another file", { dataLocation: 1 }, "expected weights inside the file; found external data."],
    ["text as elements", { dataType: 8 }, "initializer w: expected an element type of float (1)"],
  ])("%s", (_, change, message) => {
    expect(() => importModel(withTensor(change))).toThrow(message);
  });

  const list = [1, -2, 3, 4, 5, 6];
  const bits = Uint16Array.from([0x3c00, 0xc000, 0x4200, 0x4400, 0x4500, 0x4600]);
  it.each([
    ["double", { dataType: 11, rawData: new Uint8Array(Float64Array.from(list).buffer) }],
    ["float16", { dataType: 10, rawData: new Uint8Array(bits.buffer) }],
    ["listed floats", { rawData: new Uint8Array(0), floatData: list }],
    ["listed doubles", { dataType: 11, rawData: new Uint8Array(0), doubleData: list }],
    ["listed float16", { dataType: 10, rawData: new Uint8Array(0), int32Data: [...bits] }],
  ])("but reads %s", (_, change) => {
    expect([...(importModel(withTensor(change)).constants.get("w")?.data ?? [])]).toEqual(list);
  });
});
