/** The recurrence of an LSTM: its definition step by step, gradients on every target, the same bits in strict. */
import { describe, expect, it } from "vitest";
import { backward } from "../backward.ts";
import { Engine } from "../engine.ts";
import { checker, checkGradients, randomParameter } from "../gradient-check.fixture.ts";
import type { Tensor } from "../tensor.ts";
import { add, mul, sigmoid, square, tanh } from "./arithmetic.ts";
import { lstm } from "./lstm.ts";
import { matmul } from "./matmul.ts";
import { concat, reshape, slice } from "./move.ts";
import { sum } from "./reduce.ts";

const targets = ["js", "wasm", "native"] as const;

/** The definition, of operations that are tested elsewhere. */
function composed(gates: Tensor, weight: Tensor): Tensor {
  const [time, batch, four] = gates.shape as [number, number, number];
  let [h, c] = [0, 1].map(() => gates.engine.tensor([batch, four / 4], 0)) as [Tensor, Tensor];
  const states: Tensor[] = [];
  for (let t = 0; t < time; t++) {
    const own = reshape(slice(gates, 0, t, t + 1), [batch, four]);
    const sums = add(own, matmul(h, weight, { transposeB: true }));
    const [i, f, g, o] = [0, 1, 2, 3].map((k) => slice(sums, 1, (k * four) / 4, ((k + 1) * four) / 4)) as [
      ...[Tensor, Tensor, Tensor, Tensor],
    ];
    c = add(mul(sigmoid(f), c), mul(sigmoid(i), tanh(g)));
    h = mul(sigmoid(o), tanh(c));
    states.push(reshape(h, [1, batch, four / 4]));
  }
  return concat(states);
}

describe.each(targets)("on %s", (target) => {
  const engine = checker({ target });

  it.each([
    [4, 3, 5],
    [1, 2, 3],
    [3, 1, 18],
  ])("%i steps of %i rows of %i are the definition, and have its gradients", (...sizes) => {
    const [time, batch, hidden] = sizes as [number, number, number];
    const gates = randomParameter(engine, [time, batch, 4 * hidden], 1);
    const weight = randomParameter(engine, [4 * hidden, hidden], 2);
    const expected = composed(gates, weight).values;
    for (const [i, value] of lstm(gates, weight).values.entries())
      expect(value).toBeCloseTo(expected[i] as number, 13);
    checkGradients([gates, weight], (x, w) => lstm(x as Tensor, w as Tensor));
  });
});

it("gives the same bits on every target in strict arithmetic", () => {
  const results = targets.map((target) => {
    const engine = new Engine({ target, arithmetic: "strict", bytes: 2 ** 22 });
    const [gates, weight] = [randomParameter(engine, [5, 7, 44], 1), randomParameter(engine, [44, 11], 2)];
    engine.scope(() => backward(sum(square(lstm(gates, weight)))));
    return [gates, weight].map(({ gradient }) => [...(gradient as Tensor).values]);
  });
  expect(results[1]).toEqual(results[0]);
  expect(results[2]).toEqual(results[0]);
});

it("refuses what does not fit", () => {
  const engine = checker();
  expect(() => lstm(engine.tensor([2, 3, 8]), engine.tensor([8, 4]))).toThrow(/\[2, 3, 8\] and \[8, 4\]/);
});
