import { describe, expect, it } from "vitest";
import { randomStream } from "../random.ts";
import { col2im, im2col } from "./im2col.ts";
import { createLayer } from "./layer.ts";
import { layers } from "./layers.ts";
import { networkLayers, type PointwiseLayer } from "./network.ts";
import { pooledSide } from "./pointwise.ts";
import { pointwiseReference } from "./pointwise-reference.ts";
import { randomConvShape } from "./random-shape.ts";
import { convolutionReference, inputGradientReference } from "./reference.ts";
import {
  type ConvShape,
  convShape,
  inputLength,
  outputHeight,
  outputLength,
  outputWidth,
  patchLength,
  positions,
  shapeText,
  weightsLength,
} from "./shape.ts";

const random = randomStream(11);
const integers = (length: number): Float32Array =>
  Float32Array.from({ length }, () => Math.floor(random() * 19) - 9);
const shapes = Array.from({ length: 40 }, () => randomConvShape(random));
const dot = (x: ArrayLike<number>, y: ArrayLike<number>): number =>
  Array.from(x).reduce((sum, value, i) => sum + value * (y[i] as number), 0);

const small = convShape({ channels: 1, height: 3, width: 3, filters: 1, kernelHeight: 2, kernelWidth: 2 });

describe("convolution by definition", () => {
  it("gives what one computes by hand", () => {
    const input = Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9);
    const weights = Float32Array.of(1, 0, 0, -1);
    expect([...convolutionReference(small, input, weights)]).toEqual([-4, -4, -4, -4]);
  });

  it("has the transpose as its gradient: <conv x, y> = <x, gradient y>", () => {
    for (const shape of shapes) {
      const x = integers(inputLength(shape));
      const y = integers(outputLength(shape));
      const weights = integers(weightsLength(shape));
      expect(dot(convolutionReference(shape, x, weights), y)).toBe(
        dot(x, inputGradientReference(shape, y, weights)),
      );
    }
  });
});

describe("im2col and col2im", () => {
  it("are transposes of each other: <im2col x, y> = <x, col2im y>", () => {
    for (const shape of shapes) {
      const x = integers(inputLength(shape));
      const y = integers(patchLength(shape) * positions(shape));
      const unfolded = new Float32Array(y.length);
      const folded = new Float32Array(x.length);
      im2col(shape, x, unfolded);
      col2im(shape, y, folded);
      expect(dot(unfolded, y)).toBe(dot(x, folded));
    }
  });

  it("put the patch of each position into its column", () => {
    const unfolded = new Float32Array(16);
    im2col(small, Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9), unfolded);
    expect([...unfolded]).toEqual([1, 2, 4, 5, 2, 3, 5, 6, 4, 5, 7, 8, 5, 6, 8, 9]);
  });
});

describe.each(["js", "wasm"] as const)("a layer on %s", (target) => {
  it("gives the same by plain loops, wide loops and one GEMM, whatever stride, padding and remainder", () => {
    for (const shape of shapes) {
      const layer = createLayer(shape, target);
      layer.input.view.set(integers(inputLength(shape)));
      layer.weights.view.set(integers(weightsLength(shape)));
      const expected = Float32Array.from(convolutionReference(shape, layer.input.view, layer.weights.view));
      for (const way of [layer.direct, layer.directWide, layer.lowered]) {
        layer.output.view.fill(Number.NaN);
        way();
        expect(layer.output.view, shapeText(shape)).toEqual(expected);
      }
      const unfolded = new Float32Array(layer.unfolded.view.length);
      im2col(shape, layer.input.view, unfolded);
      expect(layer.unfolded.view).toEqual(unfolded);
    }
  });
});

describe("shapes", () => {
  it("of AlexNet's first layer come out as published", () => {
    const layer = layers.find(({ name }) => name === "alexnet-conv1") as ConvShape;
    expect([outputHeight(layer), outputWidth(layer)]).toEqual([55, 55]);
    expect(shapeText(layer)).toBe("3x224x224 -> 64, 11x11 /4 +2");
  });
});

describe("the network", () => {
  it("feeds each layer's output into the next one", () => {
    let length = 3 * 131 * 131;
    for (const layer of networkLayers) {
      if (layer.kind === "conv") {
        expect(inputLength(layer.shape), layer.name).toBe(length);
        length = outputLength(layer.shape);
      } else if (layer.kind === "dense") {
        expect(layer.inputs, layer.name).toBe(length);
        length = layer.outputs;
      } else {
        const { channels, height, width } = layer.size;
        expect(channels * height * width, layer.name).toBe(length);
        if (layer.kind === "pool") length = channels * pooledSide(height) * pooledSide(width);
      }
    }
    expect(length).toBe(1000);
  });

  it("pools the largest of overlapping windows", () => {
    const layer: PointwiseLayer = { name: "pool", kind: "pool", size: { channels: 1, height: 5, width: 5 } };
    const input = Float32Array.from({ length: 25 }, (_, i) => i);
    expect([...pointwiseReference(layer, input)]).toEqual([12, 14, 22, 24]);
  });
});
