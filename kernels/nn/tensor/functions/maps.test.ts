/** Larger and smaller maps: transposed convolution and nearest neighbours, with gradients on every target. */
import { describe, expect, it } from "vitest";
import { checker, checkGradients, randomParameter } from "../gradient-check.fixture.ts";
import type { Shape } from "../shapes.ts";
import type { Tensor } from "../tensor.ts";
import { mul } from "./arithmetic.ts";
import { conv2d } from "./conv.ts";
import { convTranspose2d } from "./conv-transpose.ts";
import { sum } from "./reduce.ts";
import { resizeNearest } from "./resize.ts";

describe.each(["js", "wasm", "native"] as const)("on %s", (target) => {
  const engine = checker({ target });
  const random = (shape: Shape, seed: number): Tensor => randomParameter(engine, shape, seed);

  it.each([
    { stride: 1, padding: 0 },
    { stride: 2, padding: 1 },
  ])("convTranspose2d of %j has the gradient of its differences", (options) => {
    checkGradients([random([2, 3, 3, 4], 1), random([3, 2, 4, 3], 2), random([2], 3)], (x, w, b) =>
      convTranspose2d(x as Tensor, w as Tensor, b as Tensor, options),
    );
  });

  it("convTranspose2d is the adjoint of conv2d", () => {
    const [x, y, w] = [random([2, 2, 6, 6], 1), random([2, 3, 3, 3], 2), random([3, 2, 4, 4], 3)];
    const options = { stride: 2, padding: 1 };
    const forward = sum(mul(conv2d(x, w, undefined, options), y)).item();
    expect(sum(mul(convTranspose2d(y, w, undefined, options), x)).item()).toBeCloseTo(forward, 12);
  });

  it.each([
    [[2, 3, 2, 3], 4, 6],
    [[2, 5, 4], 3, 7],
    [[1, 2, 4, 4], 4, 4],
  ] as const)("resizeNearest of %j to %ix%i has the gradient of its differences", (shape, rows, columns) => {
    checkGradients([random(shape, 4)], (x) => mul(resizeNearest(x as Tensor, rows, columns), x?.size ?? 0));
  });
});

describe("nearest neighbours", () => {
  const engine = checker();

  it("are those at or before the place", () => {
    const x = engine.tensor([2, 3], [1, 2, 3, 4, 5, 6]);
    expect([...resizeNearest(x, 3, 5).values]).toEqual([1, 1, 2, 2, 3, 1, 1, 2, 2, 3, 4, 4, 5, 5, 6]);
  });

  it("want a side", () => {
    expect(() => resizeNearest(engine.tensor([2, 2]), 0)).toThrow(/at least one element; found 0/);
  });
});

it("refuses weights of other channels", () => {
  const engine = checker();
  expect(() => convTranspose2d(engine.tensor([1, 3, 4, 4]), engine.tensor([4, 3, 3, 3]))).toThrow(
    /\[1, 3, 4, 4\] and \[4, 3, 3, 3\]/,
  );
});
