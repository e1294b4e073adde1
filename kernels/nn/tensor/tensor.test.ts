/** Tensors: shapes, scopes, and the gradient of every operation. */
import { describe, expect, it } from "vitest";
import { backward } from "./backward.ts";
import { Engine } from "./engine.ts";
import { add, div, exp, mul, relu, sigmoid, square, sub, tanh } from "./functions/arithmetic.ts";
import { assign, map } from "./functions/elementwise.ts";
import { gather, pick } from "./functions/gather.ts";
import { matmul } from "./functions/matmul.ts";
import { concat, detach, permute, reshape, slice, stretch, transpose } from "./functions/move.ts";
import { max, mean, sum } from "./functions/reduce.ts";
import { checker, checkGradients, randomParameter } from "./gradient-check.fixture.ts";
import * as scalar from "./scalar.ts";
import type { Shape } from "./shapes.ts";
import type { Tensor } from "./tensor.ts";

const targets = ["js", "wasm", "native"] as const;

describe.each(targets)("on %s", (target) => {
  const engine = checker({ target });
  const parameter = (shape: Shape, offset = 0): Tensor => randomParameter(engine, shape, 3, offset);

  it.each<[string, readonly Shape[], (...x: readonly Tensor[]) => Tensor]>([
    [
      "add, stretched",
      [
        [3, 1, 5],
        [4, 1],
      ],
      (a, b) => add(a as Tensor, b as Tensor),
    ],
    ["sub", [[2, 7], [7]], (a, b) => sub(a as Tensor, b as Tensor)],
    ["mul with itself", [[3, 5]], (a) => mul(a as Tensor, a as Tensor)],
    [
      "div",
      [
        [2, 3],
        [2, 3],
      ],
      (a, b) => div(a as Tensor, add(square(b as Tensor), 1)),
    ],
    ["relu", [[4, 9]], (a) => relu(a as Tensor)],
    [
      "a formula",
      [[17], [1]],
      (a, b) => map([a as Tensor, b as Tensor], (x, y) => scalar.max(scalar.mul(x, y), scalar.abs(x))),
    ],
    ["sum of the last", [[3, 4, 19]], (a) => sum(a as Tensor, { over: [-1] })],
    ["sum of the first and last", [[3, 4, 5]], (a) => sum(a as Tensor, { over: [0, 2], keep: true })],
    ["sum of the middle", [[3, 4, 21]], (a) => sum(a as Tensor, { over: [1] })],
    ["mean of all", [[3, 4]], (a) => mean(a as Tensor)],
    ["max", [[5, 18]], (a) => max(a as Tensor, { over: [1] })],
    [
      "matmul",
      [
        [3, 4],
        [4, 5],
      ],
      (a, b) => matmul(a as Tensor, b as Tensor),
    ],
    [
      "matmul, A transposed",
      [
        [4, 3],
        [4, 5],
      ],
      (a, b) => matmul(a as Tensor, b as Tensor, { transposeA: true }),
    ],
    [
      "matmul, B transposed",
      [
        [3, 4],
        [5, 4],
      ],
      (a, b) => matmul(a as Tensor, b as Tensor, { transposeB: true }),
    ],
    [
      "matmul, both",
      [
        [4, 3],
        [5, 4],
      ],
      (a, b) => matmul(a as Tensor, b as Tensor, { transposeA: true, transposeB: true }),
    ],
    [
      "matmul in batches",
      [
        [2, 2, 3, 4],
        [2, 2, 4, 5],
      ],
      (a, b) => matmul(a as Tensor, b as Tensor),
    ],
    [
      "matmul with one B for all",
      [
        [2, 3, 4],
        [4, 5],
      ],
      (a, b) => matmul(a as Tensor, b as Tensor),
    ],
    ["reshape", [[2, 6]], (a) => mul(reshape(a as Tensor, [3, -1]), reshape(a as Tensor, [3, 4]))],
    ["stretch", [[3, 1]], (a) => stretch(a as Tensor, [2, 3, 4])],
    ["permute", [[2, 3, 4, 5]], (a) => permute(a as Tensor, [2, 0, 3, 1])],
    ["transpose", [[3, 7]], (a) => transpose(a as Tensor)],
    ["slice", [[4, 6, 3]], (a) => slice(a as Tensor, 1, 2, 5)],
    ["exp", [[3, 11]], (a) => exp(a as Tensor)],
    ["tanh", [[3, 11]], (a) => tanh(a as Tensor)],
    ["sigmoid", [[3, 11]], (a) => sigmoid(a as Tensor)],
    ["erf", [[3, 11]], (a) => map([a as Tensor], (x) => scalar.erf(x))],
    ["log and sqrt", [[19]], (a) => map([a as Tensor], (x) => scalar.sqrt(scalar.log(scalar.add(x, 3))))],
    ["gather", [[5, 18]], (a) => gather(a as Tensor, engine.indices([4, 0, 4, 2], 5))],
    ["pick", [[3, 4]], (a) => pick(a as Tensor, engine.indices([2, 0, 3], 4))],
    [
      "concat",
      [
        [2, 3],
        [2, 5],
      ],
      (a, b) => concat([a as Tensor, b as Tensor, a as Tensor], 1),
    ],
  ])("%s has the gradient of its differences", (_, shapes, f) => {
    checkGradients(
      shapes.map((shape, i) => randomParameter(engine, shape, 3 + i)),
      f,
    );
  });

  it("stops at what is detached", () => {
    const x = parameter([3]);
    engine.scope(() => backward(sum(mul(x, detach(x)))));
    expect([...(x.gradient as Tensor).values]).toEqual([...x.values]);
  });

  it("shares the gradient of a maximum among equals", () => {
    const x = engine.parameter([1, 4], [1, 3, 3, 2]);
    engine.scope(() => backward(sum(max(x, { over: [1] }))));
    expect([...(x.gradient as Tensor).values]).toEqual([0, 0.5, 0.5, 0]);
  });

  it("adds to the gradients that are there", () => {
    const x = parameter([3]);
    const pass = (): void => engine.scope(() => backward(sum(mul(x, 3))));
    pass();
    pass();
    expect([...(x.gradient as Tensor).values]).toEqual([6, 6, 6]);
  });

  it("writes in place with settings", () => {
    const x = engine.parameter([5], [1, 2, 3, 4, 5]);
    const v = engine.parameter([5], 1);
    assign(
      [v, x],
      [v, x],
      (velocity, value) => {
        const next = scalar.mul(velocity, scalar.setting(0));
        return [next, scalar.sub(value, next)];
      },
      [0.5],
    );
    expect([...x.values]).toEqual([0.5, 1.5, 2.5, 3.5, 4.5]);
    expect([...v.values]).toEqual([0.5, 0.5, 0.5, 0.5, 0.5]);
  });
});

describe("an engine", () => {
  it("uses blocks again: a second step takes no new memory", () => {
    const engine = new Engine({ target: "wasm", bytes: 2 ** 22 });
    const w = engine.parameter([20, 30], 0.1);
    const step = (): void =>
      engine.scope(() => {
        const x = engine.tensor([8, 20], 1);
        backward(mean(square(matmul(x, w))));
      });
    // The first makes the gradient that the second already finds.
    step();
    step();
    const { liveBytes, peakBytes } = engine.heap;
    const free = engine.memory.freeBytes;
    for (let i = 0; i < 100; i++) step();
    expect(engine.memory.freeBytes).toBe(free);
    expect(engine.heap.liveBytes).toBe(liveBytes);
    expect(engine.heap.peakBytes).toBe(peakBytes);
  });

  it("keeps what a scope returns, also where it is a view", () => {
    const engine = checker();
    const kept = engine.scope(() => reshape(add(engine.tensor([2, 3], 1), 1), [6]));
    engine.scope(() => engine.tensor([2, 3], 9));
    expect([...kept.values]).toEqual([2, 2, 2, 2, 2, 2]);
  });

  it("gives the same bits on js, wasm and native in strict arithmetic", () => {
    const results = targets.map((target) => {
      const engine = new Engine({ target, arithmetic: "strict", bytes: 2 ** 22 });
      const [a, b] = [randomParameter(engine, [33, 70], 1), randomParameter(engine, [70, 41], 2)];
      engine.scope(() => backward(sum(square(relu(matmul(a, b))))));
      return [a, b].map(({ gradient }) => [...(gradient as Tensor).values]);
    });
    expect(results[1]).toEqual(results[0]);
    expect(results[2]).toEqual(results[0]);
  });

  it.each<[string, (engine: Engine) => unknown, RegExp]>([
    ["shapes that do not stretch", (e) => add(e.tensor([2, 3]), e.tensor([2])), /\[2, 3\] and \[2\]/],
    [
      "matrices that do not fit",
      (e) => matmul(e.tensor([2, 3]), e.tensor([2, 3])),
      /\[2, 3\] times \[2, 3\]/,
    ],
    ["too few values", (e) => e.tensor([4], [1, 2]), /expected 4 values for \[4\]; found 2/],
    [
      "a dimension that is not there",
      (e) => sum(e.tensor([4]), { over: [1] }),
      /from -1 to 0 of \[4\]; found 1/,
    ],
    ["a loss of several elements", (e) => backward(e.parameter([2], 0)), /one element; found 2/],
    ["a loss without parameters", (e) => backward(e.tensor([1], 0)), /depends on a parameter/],
    ["other lengths", (e) => reshape(e.tensor([6]), [4, -1]), /6 elements.*\[4, -1\]/],
    ["a label that is none", (e) => e.indices([0, 3, 1], 3), /0 to 2; found 3 at 1/],
    ["labels for other rows", (e) => pick(e.tensor([2, 3]), e.indices([0], 3)), /\[1, 3\].*\[2, 3\]/],
    ["two engines", (e) => add(e.tensor([1], 0), checker().tensor([1], 0)), /one engine/],
  ])("refuses %s", (_, work, message) => {
    expect(() => work(checker())).toThrow(message);
  });
});
