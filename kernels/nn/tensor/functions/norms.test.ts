/** Normalisations: gradients on every target, running statistics, the same bits in strict, and refusals. */
import { describe, expect, it } from "vitest";
import { backward } from "../backward.ts";
import { Engine } from "../engine.ts";
import { checker, checkGradients, randomParameter } from "../gradient-check.fixture.ts";
import type { Shape } from "../shapes.ts";
import type { Tensor } from "../tensor.ts";
import { square } from "./arithmetic.ts";
import { batchNorm, layerNorm } from "./norms.ts";
import { sum } from "./reduce.ts";

const targets = ["js", "wasm", "native"] as const;

describe.each(targets)("on %s", (target) => {
  const engine = checker({ target });
  const random = (shape: Shape, seed: number, offset = 0): Tensor =>
    randomParameter(engine, shape, seed, offset);

  it.each<Shape>([
    [5, 7],
    [2, 3, 18],
    [4, 1],
  ])("layerNorm of %j has the gradient of its differences", (...shape) => {
    const columns = shape.at(-1) as number;
    // One column is constant: its slope would be hidden by rounding at an epsilon of 1e-5.
    const epsilon = 0.1;
    checkGradients([random(shape, 1), random([columns], 2, 1), random([columns], 3)], (x, weight, bias) =>
      layerNorm(x as Tensor, { weight, bias, epsilon }),
    );
    checkGradients([random(shape, 1)], (x) => layerNorm(x as Tensor, { epsilon }));
  });

  it.each<Shape>([
    [6, 5],
    [3, 2, 4, 5],
    [2, 3, 17],
  ])("batchNorm of %j has the gradient of its differences", (...shape) => {
    const channels = shape[1] as number;
    const running = { mean: engine.tensor([channels], 0.1), variance: engine.tensor([channels], 0.7) };
    for (const training of [true, false])
      checkGradients([random(shape, 1), random([channels], 2, 1), random([channels], 3)], (x, weight, bias) =>
        batchNorm(x as Tensor, { weight, bias, training, ...(!training && { running }), epsilon: 0.01 }),
      );
    checkGradients([random(shape, 1)], (x) => batchNorm(x as Tensor, { training: true }));
  });

  it("moves running statistics by the momentum, and evaluates with them", () => {
    const running = { mean: engine.tensor([1], 0), variance: engine.tensor([1], 1) };
    const x = engine.tensor([4, 1], [1, 3, 5, 7]);
    batchNorm(x, { training: true, running, momentum: 0.25 });
    // Mean 4, unbiased variance 20 / 3.
    expect(running.mean.item()).toBeCloseTo(1, 14);
    expect(running.variance.item()).toBeCloseTo(0.75 + 0.25 * (20 / 3), 14);
    const y = batchNorm(x, { training: false, running, epsilon: 0 });
    const expected = [0, 2, 4, 6].map((each) => each / Math.sqrt(0.75 + 5 / 3));
    for (const [i, value] of [...y.values].entries()) expect(value).toBeCloseTo(expected[i] as number, 14);
  });
});

it("gives the same bits on every target in strict arithmetic", () => {
  const results = targets.map((target) => {
    const engine = new Engine({ target, arithmetic: "strict", bytes: 2 ** 22 });
    const x = randomParameter(engine, [6, 5, 37], 1);
    const [weight, bias] = [randomParameter(engine, [5], 2), randomParameter(engine, [37], 3)];
    engine.scope(() => backward(sum(square(layerNorm(batchNorm(x, { weight, training: true }), { bias })))));
    return [x, weight, bias].map(({ gradient }) => [...(gradient as Tensor).values]);
  });
  expect(results[1]).toEqual(results[0]);
  expect(results[2]).toEqual(results[0]);
});

it("refuses what does not fit", () => {
  const engine = checker();
  const x = engine.tensor([2, 3, 4], 1);
  expect(() => layerNorm(x, { weight: engine.tensor([3], 1) })).toThrow(
    /4 elements, one a column; found \[3\]/,
  );
  expect(() => batchNorm(x, { training: true, bias: engine.tensor([4], 1) })).toThrow(
    /3 elements, one a channel/,
  );
  expect(() => batchNorm(x, { training: false })).toThrow(/running mean and running variance/);
  expect(() => batchNorm(engine.tensor([1, 3], 1), { training: true })).toThrow(
    /at least two elements a channel/,
  );
});
