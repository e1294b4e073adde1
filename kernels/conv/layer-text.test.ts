import { describe, expect, it } from "vitest";
import { randomStream } from "../random.ts";
import { comparedAlgorithm, contestBytes } from "./contest.ts";
import { problemOf, takes } from "./convolution.ts";
import { layerBytes } from "./layer-cells.ts";
import { layerOf, layerText } from "./layer-text.ts";
import { networks } from "./networks/networks.ts";
import { randomGeneralShape } from "./random-shape.ts";

describe("a layer as the command line writes it", () => {
  it.each([
    ["3x9x9:4x3x3:p-1", /padding.top to be a whole number of at least 0; found -1.*Negative padding/],
    ["6x9x9:4x3x3:g4", /channels in 4 equal groups; found channels 6/],
    ["3x2x9:4x3x3", /height, padding included, to be at least the kernel's 3; found 2/],
    ["99999999x999x999:4x3x3", /tensors of at most 1073741824 elements/],
  ])("says what is wrong with %s", (text, message) => expect(() => layerOf(text)).toThrow(message));

  it("is read back as it was written", () => {
    const random = randomStream(3);
    for (let i = 0; i < 200; i++) {
      const shape = randomGeneralShape(random);
      expect(layerOf(layerText(shape)), layerText(shape)).toEqual({ name: layerText(shape), shape });
    }
  });

  it.each([
    ["64x56x56:128x3x3:s2p1", { filters: 128, stride: { y: 2, x: 2 } }],
    ["3x9x9:4x3x5:P1x2", { padding: { top: 1, bottom: 1, left: 2, right: 2 } }],
    [
      "3x9x9:4x3x5:d2x1p0x1x2x3",
      { dilation: { y: 2, x: 1 }, padding: { top: 0, bottom: 1, left: 2, right: 3 } },
    ],
    ["8x9x9:8x3x3:g8", { groups: 8 }],
  ])("%s", (text, fields) => expect(layerOf(text).shape).toMatchObject(fields));

  it.each([
    "",
    ":",
    "3x9:4x3x3",
    "3x9x9:4x3",
    "3x9x9:4x3x3:",
    "3x9x9:4x3x3:q1",
    "3x9x9:4x3x3:s1s2",
    "3x9x9:4x3x3:g1x2",
    "3x9x9:4x3x3:p1x2x3",
  ])("is refused where it cannot be read: %j", (text) =>
    expect(() => layerOf(text)).toThrow(/a layer such as 64x56x56:128x3x3:s2p1/),
  );
});

it("memory for a layer is stated at least as large as what its variants take", () => {
  const variants = [
    "im2col",
    "im2col-pack",
    "implicit",
    "direct",
    "pointwise",
    "winograd-2x2",
    "winograd-4x4",
    "depthwise",
    "indirect-nhwc",
    "im2col-nhwc",
  ];
  for (const { layers } of networks)
    for (const { name, shape } of layers) {
      const taking = variants.filter((variant) => {
        const layout = variant.endsWith("-nhwc") ? "nhwc" : "nchw";
        return takes(comparedAlgorithm(variant), problemOf({ layout, shape, target: "wasm" }));
      });
      const taken = contestBytes(
        shape,
        taking.map((variant) => ({ variant, target: "wasm" })),
      );
      const stated = layerBytes(shape, taking);
      expect(stated, name).toBeGreaterThanOrEqual(taken);
      expect(stated, name).toBeLessThan(8 * taken + 2 ** 25);
    }
});
