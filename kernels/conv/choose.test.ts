import { describe, expect, it } from "vitest";
import { Memory } from "../codegen/memory.ts";
import { convAlgorithm } from "./algorithms.ts";
import { chooseAlgorithm, rankAlgorithms } from "./choose.ts";
import { convolutionBytes, createConvolution, problemOf, takes } from "./convolution.ts";
import { networks } from "./networks/networks.ts";
import { convShape, layouts } from "./shape.ts";

const layers = networks.flatMap((network) => network.layers);
const problem = (name: string, more = {}) => {
  const shape = layers.find((layer) => layer.name === name)?.shape;
  if (!shape) throw new Error(`no layer ${name}`);
  return problemOf({ layout: "nchw", shape, target: "wasm", ...more });
};

describe("the chooser", () => {
  it("ranks every algorithm that takes a layer, and none that does not, by ascending cycles", () => {
    for (const layout of layouts)
      for (const { shape, name } of layers) {
        const of = problemOf({ layout, shape, target: "wasm" });
        const ranked = rankAlgorithms(of);
        expect(ranked.length, name).toBeGreaterThan(1);
        for (const [i, { algorithm, cycles }] of ranked.entries()) {
          expect(takes(convAlgorithm(algorithm), of)).toBe(true);
          expect(cycles).toBeGreaterThan(0);
          expect(cycles).toBeGreaterThanOrEqual(ranked[i - 1]?.cycles ?? 0);
        }
      }
  });

  it("multiplies a 1x1 layer as it stands, and transforms a large dense 3x3 layer", () => {
    expect(chooseAlgorithm(problem("resnet50-conv2-expand"))).toBe("pointwise");
    expect(chooseAlgorithm(problem("vgg16-conv3_2"))).toMatch(/^winograd/);
  });

  it("keeps the sums of the definition in strict arithmetic", () => {
    const strict = problem("vgg16-conv3_2", { arithmetic: "strict" });
    for (const { algorithm } of rankAlgorithms(strict))
      expect(convAlgorithm(algorithm).tolerance).toBeUndefined();
  });

  it("makes what it chose where a convolution is asked for by auto", () => {
    const shape = convShape({
      ...{ channels: 8, height: 6, width: 6, filters: 4, kernelHeight: 1, kernelWidth: 1 },
    });
    const options = { algorithm: "auto", layout: "nchw", shape, target: "wasm" } as const;
    const memory = new Memory(convolutionBytes(options) + 1024);
    expect(createConvolution({ ...options, memory }).algorithm).toBe(chooseAlgorithm(problemOf(options)));
  });
});
