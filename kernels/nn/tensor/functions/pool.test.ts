/** Pooling: gradients on every target, values of overlapping bins, and refusals. */
import { describe, expect, it } from "vitest";
import { Engine } from "../engine.ts";
import { checker, checkGradients, randomParameter } from "../gradient-check.fixture.ts";
import type { Shape } from "../shapes.ts";
import type { Tensor } from "../tensor.ts";
import { adaptiveAveragePool2d, adaptiveMaxPool2d, averagePool2d, maxPool2d } from "./pool.ts";

describe.each(["js", "wasm", "native"] as const)("pooling on %s", (target) => {
  const engine = checker({ target });
  it.each<[string, Shape, (x: Tensor) => Tensor]>([
    ["maxima of windows", [2, 3, 6, 5], (x) => maxPool2d(x, { kernel: 2 })],
    [
      "maxima of windows that overlap and end outside",
      [2, 2, 7, 7],
      (x) => maxPool2d(x, { kernel: 3, stride: 2, padding: 1, ceil: true }),
    ],
    ["means of windows", [3, 6, 8], (x) => averagePool2d(x, { kernel: { y: 3, x: 2 } })],
    ["means of padded windows", [2, 5, 5], (x) => averagePool2d(x, { kernel: 3, stride: 1, padding: 1 })],
    ["maxima of bins", [2, 3, 7, 5], (x) => adaptiveMaxPool2d(x, 3)],
    ["means of bins", [2, 3, 7, 5], (x) => adaptiveAveragePool2d(x, 3, 2)],
    ["means of whole planes", [4, 3, 5, 6], (x) => adaptiveAveragePool2d(x, 1)],
  ])("%s have the gradient of their differences", (_, shape, f) => {
    checkGradients([randomParameter(engine, shape, 5)], (x) => f(x as Tensor));
  });

  it("averages bins that overlap", () => {
    const x = engine.tensor([1, 3, 3], [1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect([...adaptiveAveragePool2d(x, 2).values]).toEqual([3, 4, 6, 7]);
  });
});

it("gives the same bits on every target in strict arithmetic", () => {
  const [js, ...others] = (["js", "wasm", "native"] as const).map((target) => {
    const engine = new Engine({ target, arithmetic: "strict", bytes: 2 ** 22 });
    return [...adaptiveAveragePool2d(randomParameter(engine, [3, 37, 41], 1), 2, 1).values];
  });
  for (const other of others) expect(other).toEqual(js);
});

it("refuses what is no image", () => {
  expect(() => adaptiveMaxPool2d(checker().tensor([3]), 1)).toThrow(/height, width.*\[3\]/);
});
