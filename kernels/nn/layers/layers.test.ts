/** Layers: what they compute, name and cost; and that a network of them learns. */
import { describe, expect, it } from "vitest";
import { randomStream } from "../../random.ts";
import { adam } from "../optimisers/adam.ts";
import { backward } from "../tensor/backward.ts";
import { Engine } from "../tensor/engine.ts";
import { crossEntropy, softmax } from "../tensor/functions/softmax.ts";
import { checker, checkGradients, randomParameter } from "../tensor/gradient-check.fixture.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { conv2d } from "./conv2d.ts";
import { type Nursery, parameterCount } from "./layer.ts";
import { linear } from "./linear.ts";
import { flatten, relu, sequential } from "./sequential.ts";

const nursery = (engine: Engine): Nursery => ({ engine, random: randomStream(5) });

const lenet = (where: Nursery) =>
  sequential(
    conv2d(where, { channels: 1, filters: 3, kernel: 3, padding: 1 }),
    relu,
    conv2d(where, { channels: 3, filters: 4, kernel: 3, stride: 2 }),
    relu,
    flatten,
    linear(where, 36, 5),
  );

describe("a network", () => {
  it("names, counts and costs what it is made of", () => {
    const net = lenet(nursery(checker()));
    expect(Object.keys(net.parameters)).toEqual([
      "0.weight",
      "0.bias",
      "2.weight",
      "2.bias",
      "5.weight",
      "5.bias",
    ]);
    expect(parameterCount(net)).toBe(27 + 3 + 108 + 4 + 180 + 5);
    const flops = [2 * 27 * 49 + 147, 147, 2 * 108 * 9 + 36, 36, 0, 2 * 180 + 5];
    expect(net.cost([1, 7, 7])).toEqual({ output: [5], flops: flops.reduce((a, b) => a + b) });
  });

  it("has the gradients of its differences, in every parameter", () => {
    const engine = checker();
    const net = lenet(nursery(engine));
    const x = randomParameter(engine, [2, 1, 7, 7], 1);
    checkGradients([x, ...Object.values(net.parameters)], () => net.forward(x, { training: true }));
  });

  it.each(["js", "wasm", "native"] as const)("learns three classes on %s", (target) => {
    const engine = new Engine({ target, bytes: 2 ** 24 });
    const where = nursery(engine);
    const net = sequential(linear(where, 2, 16), relu, linear(where, 16, 3));
    const random = randomStream(9);
    const points = Array.from({ length: 96 }, (_, i) => [
      Math.cos((i % 3) * 2.1) + random() - 0.5,
      Math.sin((i % 3) * 2.1) + random() - 0.5,
    ]).flat();
    const optimiser = adam(Object.values(net.parameters), { rate: 0.05 });
    const loss = (learn: boolean): number =>
      engine.scope(() => {
        const labels = engine.indices(
          Array.from({ length: 96 }, (_, i) => i % 3),
          3,
        );
        const value = crossEntropy(net.forward(engine.tensor([96, 2], points), { training: learn }), labels);
        if (learn) backward(value);
        return value.item();
      });
    const before = loss(false);
    for (let step = 0; step < 40; step++) {
      loss(true);
      optimiser.step();
      optimiser.clear();
    }
    expect(before).toBeGreaterThan(0.8);
    expect(loss(false)).toBeLessThan(0.15);
  });
});

describe("softmax", () => {
  it("is shares that sum to 1, also of large numbers, over any dimension", () => {
    const engine = checker();
    const x = engine.tensor([2, 3], [1000, 1001, 1002, -5, 0, 5]);
    for (const dimension of [0, 1, -1]) {
      const shares = softmax(x, dimension);
      const lines = [...Array(dimension === 0 ? 3 : 2).keys()].map((i) =>
        [...shares.values].filter((_, at) => (dimension === 0 ? at % 3 : Math.floor(at / 3)) === i),
      );
      for (const line of lines) expect(line.reduce((a, b) => a + b)).toBeCloseTo(1, 14);
    }
  });

  it("has the gradients of its differences, and cross-entropy too", () => {
    const engine = checker();
    checkGradients([randomParameter(engine, [3, 4, 5], 2)], (x) => softmax(x as Tensor, 1));
    checkGradients([randomParameter(engine, [4, 7], 2)], (x) =>
      crossEntropy(x as Tensor, engine.indices([6, 0, 3, 3], 7)),
    );
  });
});
