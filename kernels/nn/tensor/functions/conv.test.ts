/** Gradients of convolutions, on every target. */
import { describe, expect, it } from "vitest";
import { backward } from "../backward.ts";
import { Engine } from "../engine.ts";
import { checker, checkGradients, randomParameter } from "../gradient-check.fixture.ts";
import type { Tensor } from "../tensor.ts";
import { square } from "./arithmetic.ts";
import { type ConvOptions, conv2d } from "./conv.ts";
import { sum } from "./reduce.ts";

describe.each(["js", "wasm", "native"] as const)("conv2d on %s", (target) => {
  const engine = checker({ target });
  it.each<[readonly number[], readonly number[], ConvOptions, boolean]>([
    [[2, 3, 5, 6], [4, 3, 3, 3], { padding: 1 }, true],
    [[1, 4, 7, 7], [6, 2, 3, 2], { stride: 2, groups: 2 }, true],
    [
      [2, 2, 6, 6],
      [2, 2, 2, 2],
      { dilation: { y: 2, x: 1 }, padding: { top: 0, bottom: 1, left: 2, right: 0 } },
      false,
    ],
    [[2, 4, 4, 4], [4, 1, 3, 3], { groups: 4, padding: 1 }, false],
    [[3, 5, 4, 4], [2, 5, 1, 1], {}, true],
  ])("%j * %j with %j", (images, filters, options, biased) => {
    const [x, w, b] = [images, filters, [filters[0] as number]].map((shape, i) =>
      randomParameter(engine, shape, 11 + i),
    ) as [Tensor, Tensor, Tensor];
    const parameters = biased ? [x, w, b] : [x, w];
    checkGradients(parameters, (image, weights, bias) =>
      conv2d(image as Tensor, weights as Tensor, bias, options),
    );
  });

  it("refuses filters of other channels", () => {
    expect(() => conv2d(engine.tensor([1, 3, 4, 4]), engine.tensor([2, 4, 3, 3]))).toThrow(
      /channels \/ 1; found \[1, 3, 4, 4\] and \[2, 4, 3, 3\]/,
    );
  });
});

it.each<[readonly number[], readonly number[], ConvOptions]>([
  [[5, 5, 9, 9], [7, 5, 3, 3], { padding: 1 }],
  [[8, 1, 28, 28], [16, 1, 3, 3], { padding: 1, stride: 2 }],
])("gives the same bits on every target in strict arithmetic: %j * %j", (images, filters, options) => {
  const [js, ...others] = (["js", "wasm", "native"] as const).map((target) => {
    const strict = new Engine({ target, arithmetic: "strict", bytes: 2 ** 24 });
    const parameters = [images, filters, [filters[0] as number]].map((shape, i) =>
      randomParameter(strict, shape, 11 + i),
    ) as [Tensor, Tensor, Tensor];
    const made = conv2d(...parameters, options);
    backward(sum(square(made)));
    return [made, ...parameters.map(({ gradient }) => gradient as Tensor)].map(({ values }) => [...values]);
  });
  for (const other of others) expect(other).toEqual(js);
});
