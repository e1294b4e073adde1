/** Linear systems: their solutions, their gradients, and the same bits everywhere. */
import { describe, expect, it } from "vitest";
import { Engine } from "../engine.ts";
import { checker, checkGradients, randomParameter } from "../gradient-check.fixture.ts";
import type { Tensor } from "../tensor.ts";
import { add } from "./arithmetic.ts";
import { matmul } from "./matmul.ts";
import { solve } from "./solve.ts";

const targets = ["js", "wasm", "native"] as const;

/** M M^T + I: positive definite, whatever M is. */
function definite(m: Tensor): Tensor {
  const [n] = m.shape as [number];
  const identity = m.engine.tensor([n, n], 0);
  for (let i = 0; i < n; i++) identity.values[i * n + i] = 1;
  return add(matmul(m, m, { transposeB: true }), identity);
}

describe.each(targets)("on %s", (target) => {
  const engine = checker({ target });

  it.each([1, 2, 5, 17])("a system of %i unknowns is solved", (n) => {
    const a = definite(randomParameter(engine, [n, n], 1));
    const x = randomParameter(engine, [n, 3], 2);
    const found = solve(a, matmul(a, x));
    for (const [i, value] of found.values.entries()) expect(value).toBeCloseTo(x.values[i] as number, 11);
  });

  it("has the gradient of its differences", () => {
    checkGradients([randomParameter(engine, [4, 4], 3), randomParameter(engine, [4, 2], 4)], (m, b) =>
      solve(definite(m as Tensor), b as Tensor),
    );
  });
});

it("solves with the same bits on every target in strict arithmetic", () => {
  const [js, ...others] = targets.map((target) => {
    const engine = new Engine({ target, arithmetic: "strict", bytes: 2 ** 22 });
    return [
      ...solve(definite(randomParameter(engine, [9, 9], 1)), randomParameter(engine, [9, 2], 2)).values,
    ];
  });
  for (const other of others) expect(other).toEqual(js);
});

it("refuses shapes that do not fit", () => {
  const engine = checker();
  expect(() => solve(engine.tensor([2, 3]), engine.tensor([2, 1]))).toThrow(/square.*\[2, 3\] and \[2, 1\]/);
});
