import { describe, expect, it } from "vitest";
import { convFlops, outputHeight, weightsLength } from "../shape.ts";
import { networks } from "./networks.ts";

/** Multiply-adds in billions and weights in millions of the convolutions alone, as the papers' tables or text give them. */
const published: Readonly<Record<string, { macs: number; weights: number }>> = {
  // 15.5 G in all is the usual figure; fully connected layers are 0.124 G of it. Weights: 138 M less 123.6 M dense.
  vgg16: { macs: 15.35, weights: 14.71 },
  // 3.8 G in table 1 with the strides in the 1x1 layers, 4.1 G with those of arXiv:1706.02677. Weights: 25.5 M less 2.05 M.
  resnet50: { macs: 4.09, weights: 23.45 },
  // 569 M and 4.2 M in table 8, with 1.02 M each of the fully connected layer.
  mobilenet: { macs: 0.568, weights: 3.19 },
};

describe.each(networks)("$title", ({ id, layers }) => {
  it("has the multiply-adds and weights that are published for it", () => {
    const sum = (of: (layer: (typeof layers)[number]) => number): number =>
      layers.reduce((total, layer) => total + layer.times * of(layer), 0);
    const { macs, weights } = published[id] as { macs: number; weights: number };
    expect(sum(({ shape }) => convFlops(shape) / 2) / 1e9).toBeCloseTo(macs, 1);
    expect(sum(({ shape }) => weightsLength(shape)) / 1e6).toBeCloseTo(weights, 1);
  });

  it("names every layer once and halves the image to 7 or 14", () => {
    expect(new Set(layers.map(({ name }) => name)).size).toBe(layers.length);
    expect([7, 14]).toContain(outputHeight((layers.at(-1) as (typeof layers)[number]).shape));
  });
});
