/** The affine map: its numbers, its gradients, and which shapes it refuses. */
import { describe, expect, it } from "vitest";
import { nativeAvailability } from "../../../native/availability.ts";
import { Engine } from "../engine.ts";
import { checkGradients, randomParameter } from "../gradient-check.fixture.ts";
import { linear } from "./linear.ts";

const targets = nativeAvailability().available
  ? (["js", "wasm", "native"] as const)
  : (["js", "wasm"] as const);

describe.each(targets)("linear on %s", (target) => {
  const engine = new Engine({ target, element: "f64", bytes: 2 ** 22 });

  it("is x W^T + b", () => {
    const made = linear(
      engine.tensor([2, 1, 2], [1, 2, 3, 4]),
      engine.tensor([3, 2], [1, 0, 0, 1, 1, 1]),
      engine.tensor([3], [10, 20, 30]),
    );
    expect(made.shape).toEqual([2, 1, 3]);
    expect([...made.values]).toEqual([11, 22, 33, 13, 24, 37]);
  });

  it.each([[[5, 4]], [[2, 3, 4]]])("of %j has the gradients of its differences", (shape) => {
    const parameters = [shape, [3, 4], [3]].map((each, i) => randomParameter(engine, each, i));
    checkGradients(parameters, (x, w, b) =>
      linear(x as (typeof parameters)[0], w as (typeof parameters)[0], b as (typeof parameters)[0]),
    );
  });

  it("refuses a bias of another length", () => {
    const [x, w] = [engine.tensor([2, 2], 0), engine.tensor([3, 2], 0)];
    expect(() => linear(x, w, engine.tensor([2], 0))).toThrow("expected a bias of 3 elements; found [2]");
  });
});
