/** Gradients against central differences of the same function: the test of every differentiable operation. */
import { expect } from "vitest";
import { randomStream } from "../../random.ts";
import { backward } from "./backward.ts";
import { Engine, type EngineOptions } from "./engine.ts";
import { mul } from "./functions/arithmetic.ts";
import { sum } from "./functions/reduce.ts";
import type { Shape } from "./shapes.ts";
import type { Tensor } from "./tensor.ts";

/** The step of the differences: error of order step^2 from the method and eps / step from rounding, alike in float64. */
const step = 1e-5;
/** Twice what both errors come to for values and slopes of order one. */
const tolerance = 1e-8;

/** An engine in float64, for checks. */
export const checker = (options: Partial<EngineOptions> = {}): Engine =>
  new Engine({ target: "wasm", element: "f64", bytes: 2 ** 24, ...options });

/** A parameter with values in [-1, 1), moved by `offset`. */
export function randomParameter(engine: Engine, shape: Shape, seed: number, offset = 0): Tensor {
  const random = randomStream(seed);
  return engine.parameter(
    shape,
    Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => 2 * random() - 1 + offset),
  );
}

/**
 * Checks the gradients of sum(f(x …) * r), r random, by central differences in every element of every parameter.
 * The weights r make a gradient wrong in one place visible that a plain sum would hide.
 */
export function checkGradients(parameters: readonly Tensor[], f: (...x: readonly Tensor[]) => Tensor): void {
  const [{ engine }] = parameters as [Tensor];
  const loss = (): Tensor => {
    const y = f(...parameters);
    const random = randomStream(7);
    return sum(
      mul(
        y,
        engine.tensor(
          y.shape,
          Array.from({ length: y.size }, () => 2 * random() - 1),
        ),
      ),
    );
  };
  const value = (): number => engine.untracked(() => engine.scope(() => loss().item()));
  for (const parameter of parameters) parameter.gradient = undefined;
  engine.scope(() => backward(loss()));
  for (const [p, parameter] of parameters.entries()) {
    const found = [...((parameter.gradient as Tensor | undefined)?.values ?? [])];
    expect(found, `gradient of parameter ${p}`).toHaveLength(parameter.size);
    for (let i = 0; i < parameter.size; i++) {
      const before = parameter.values[i] as number;
      parameter.values[i] = before + step;
      const above = value();
      parameter.values[i] = before - step;
      const below = value();
      parameter.values[i] = before;
      const difference = (above - below) / (2 * step);
      const error = Math.abs((found[i] as number) - difference);
      expect(error, `parameter ${p}, element ${i}: ${found[i]} for ${difference}`).toBeLessThan(
        tolerance * Math.max(1, Math.abs(difference)),
      );
    }
  }
}
