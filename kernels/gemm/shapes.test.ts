import { expect, it } from "vitest";
import { shapeName } from "./race.ts";
import { benchmarkShapes, resnetRows, shapeFamilies, unfoldedProduct } from "./shapes.ts";

it("are 24, each once, of every family, each with its source", () => {
  expect(benchmarkShapes).toHaveLength(24);
  expect(new Set(benchmarkShapes.map(shapeName)).size).toBe(24);
  expect(new Set(benchmarkShapes.map(({ family }) => family))).toEqual(new Set(shapeFamilies));
  for (const { m, n, k, source } of benchmarkShapes) {
    for (const size of [m, n, k]) expect(Number.isInteger(size) && size >= 1).toBe(true);
    expect(source).not.toBe("");
  }
});

it("of ResNet-50 take the operations that its layers are published with", () => {
  // conv1 of ResNet-50: 118 million multiply-adds; a 3x3 layer of any stage 115.6 million, because halving the side
  // and doubling the channels leave their product as it was.
  const macs = Object.fromEntries(
    resnetRows.map((row) => {
      const { m, n, k } = unfoldedProduct(row);
      return [row.layer, m * n * k];
    }),
  );
  expect(macs.conv1).toBe(118_013_952);
  for (const layer of ["conv2_x 3x3", "conv4_x 3x3", "conv5_x 3x3"]) expect(macs[layer]).toBe(115_605_504);
});

it("hold few rows and few columns", () => {
  const least = benchmarkShapes.filter(({ family }) => family === "skinny").map(({ m, n }) => Math.min(m, n));
  expect(least.sort((a, b) => a - b)).toEqual([1, 4, 8, 16]);
});
