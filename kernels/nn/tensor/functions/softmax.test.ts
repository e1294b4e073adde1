/** Softmax and what stands on it: gradients by differences, and numbers that overflow nowhere. */
import { describe, expect, it } from "vitest";
import { checker, checkGradients, randomParameter } from "../gradient-check.fixture.ts";
import type { Tensor } from "../tensor.ts";
import { crossEntropy, logSoftmax, logSumExp, softmax } from "./softmax.ts";

describe.each(["js", "wasm", "native"] as const)("on %s", (target) => {
  const engine = checker({ target });

  it.each<[string, (x: Tensor) => Tensor]>([
    ["softmax", (x) => softmax(x)],
    ["log of softmax over the first", (x) => logSoftmax(x, 0)],
    ["log of the sum of exp", (x) => logSumExp(x)],
    ["cross-entropy", (x) => crossEntropy(x, engine.indices([4, 0, 2], 5))],
  ])("%s has the gradient of its differences", (_, f) => {
    checkGradients([randomParameter(engine, [3, 5], 3)], (x) => f(x as Tensor));
  });

  it("takes logits whose exponentials would overflow", () => {
    const x = engine.tensor([2, 2], [2000, 2000, -3000, -3000]);
    const values = [...logSumExp(x).values];
    expect(values[0]).toBeCloseTo(2000 + Math.LN2, 10);
    expect(values[1]).toBeCloseTo(-3000 + Math.LN2, 10);
  });
});
