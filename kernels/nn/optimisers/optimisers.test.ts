/** Optimisers against their formulas in plain numbers, and schedules at their corners. */
import { describe, expect, it } from "vitest";
import { Engine } from "../tensor/engine.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { adam, adamW } from "./adam.ts";
import { clipGradients } from "./clip.ts";
import type { Optimiser } from "./optimiser.ts";
import { cosine, linear, stepwise, warmUp } from "./schedules.ts";
import { sgd } from "./sgd.ts";

const starts = [1.5, -0.25, 0, 3];
const slope = (w: number, step: number): number => 2 * w - step * 0.1;

/** The parameter after five steps on gradients that depend on it. */
function trained(make: (parameters: readonly Tensor[]) => Optimiser): number[] {
  const engine = new Engine({ target: "wasm", element: "f64", bytes: 2 ** 20 });
  const w = engine.parameter([4], starts);
  const optimiser = make([w]);
  for (let step = 0; step < 5; step++) {
    w.gradient = engine.keep(
      engine.tensor(
        [4],
        [...w.values].map((value) => slope(value, step)),
      ),
    );
    optimiser.step();
    optimiser.clear();
    expect(w.gradient).toBeUndefined();
  }
  return [...w.values];
}

const close = (found: readonly number[], expected: readonly number[]): void =>
  expect(found.map((value, i) => Math.abs(value - (expected[i] as number)) < 1e-13)).toEqual(
    found.map(() => true),
  );

describe("sgd", () => {
  it.each([
    { rate: 0.1 },
    { rate: 0.1, decay: 0.01 },
    { rate: 0.1, momentum: 0.9 },
    { rate: 0.1, momentum: 0.9, decay: 0.01 },
    { rate: 0.05, momentum: 0.9, nesterov: true, decay: 0.02 },
  ])("with %j", (options) => {
    const { rate, momentum = 0, nesterov = false, decay = 0 }: Parameters<typeof sgd>[1] = options;
    const expected = starts.map((start) => {
      let [w, v] = [start, 0];
      for (let step = 0; step < 5; step++) {
        const g = slope(w, step) + decay * w;
        v = momentum * v + g;
        w -= rate * (nesterov ? g + momentum * v : v);
      }
      return w;
    });
    close(
      trained((parameters) => sgd(parameters, options)),
      expected,
    );
  });
});

describe("adam", () => {
  it.each([
    [adam, { rate: 0.1 }, false],
    [adam, { rate: 0.1, decay: 0.05 }, false],
    [adam, { rate: 0.01, betas: [0.5, 0.8] as const, epsilon: 1e-3 }, false],
    [adamW, { rate: 0.1, decay: 0.05 }, true],
  ])("%o with %j", (make, options: Parameters<typeof adam>[1], decoupled) => {
    const { rate, betas: [b1, b2] = [0.9, 0.999], epsilon = 1e-8, decay = 0 } = options;
    const expected = starts.map((start) => {
      let [w, m, v] = [start, 0, 0];
      for (let step = 1; step <= 5; step++) {
        const g = slope(w, step - 1) + (decoupled ? 0 : decay * w);
        m = b1 * m + (1 - b1) * g;
        v = b2 * v + (1 - b2) * g * g;
        if (decoupled) w -= rate * decay * w;
        w -= (rate * (m / (1 - b1 ** step))) / (Math.sqrt(v / (1 - b2 ** step)) + epsilon);
      }
      return w;
    });
    close(
      trained((parameters) => make(parameters, options)),
      expected,
    );
  });
});

describe("clipping", () => {
  it("shrinks what is too long and leaves what is not", () => {
    const engine = new Engine({ target: "wasm", element: "f64", bytes: 2 ** 20 });
    const [a, b] = [engine.parameter([1], 0), engine.parameter([2], 0)];
    a.gradient = engine.tensor([1], [3]);
    b.gradient = engine.tensor([2], [0, 4]);
    expect(clipGradients([a, b], 10)).toBeCloseTo(5, 14);
    expect([a, b].flatMap(({ gradient }) => [...(gradient as Tensor).values])).toEqual([3, 0, 4]);
    expect(clipGradients([a, b], 1)).toBeCloseTo(5, 14);
    close(
      [a, b].flatMap(({ gradient }) => [...(gradient as Tensor).values]),
      [0.6, 0, 0.8],
    );
  });
});

describe("schedules", () => {
  it("pass through their corners", () => {
    expect([0, 9, 10, 20].map(stepwise([10, 20], 0.1))).toEqual([1, 1, 0.1, 0.1 ** 2]);
    expect([0, 50, 100, 120].map(cosine(100)).map((value) => Math.round(value * 1e12) / 1e12)).toEqual([
      1, 0.5, 0, 0,
    ]);
    expect([0, 25, 100, 101].map(linear(100))).toEqual([1, 0.75, 0, 0]);
    expect([0, 1, 3, 4].map(warmUp(4, () => 2))).toEqual([0.5, 1, 2, 2]);
  });
});
