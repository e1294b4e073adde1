/** Singular values and vectors: what they are, their gradients, and matrices of every shape and rank. */
import { describe, expect, it } from "vitest";
import { backward } from "../backward.ts";
import { checker, checkGradients, randomParameter } from "../gradient-check.fixture.ts";
import type { Shape } from "../shapes.ts";
import type { Tensor } from "../tensor.ts";
import { add, mul } from "./arithmetic.ts";
import { matmul } from "./matmul.ts";
import { reshape, transpose } from "./move.ts";
import { sum } from "./reduce.ts";
import { rightSingular } from "./singular.ts";

const shapes: readonly (readonly [Shape, number])[] = [
  [[2, 7, 4], 4],
  [[2, 7, 4], 2],
  [[3, 3, 6], 2],
  [[5, 5], 3],
  [[4, 1], 1],
];
const tall: Shape = [400, 24];

describe.each(["js", "wasm", "native"] as const)("on %s", (target) => {
  const engine = checker({ target });

  it.each(shapes)("%j, the %i largest: gradients of its differences", (shape, count) => {
    const x = randomParameter(engine, shape, 3);
    checkGradients([x], (matrix) => rightSingular(matrix as Tensor, count).values);
    // A single vector of one element cannot turn.
    if (shape.at(-1) !== 1) checkGradients([x], (matrix) => rightSingular(matrix as Tensor, count).vectors);
  });
});

describe("values and vectors", () => {
  const engine = checker();

  it.each([...shapes, [tall, 24]] as const)(
    "of %j, %i: X^T X V = V S^2, V^T V = 1, in falling order",
    (shape, count) => {
      const x = randomParameter(engine, shape, 5);
      const { values, vectors } = rightSingular(x, count);
      const k = values.shape.at(-1) as number;
      const left = matmul(transpose(x), matmul(x, vectors));
      const squares = reshape(mul(values, values), [...shape.slice(0, -2), 1, k]);
      for (const [i, value] of mul(vectors, squares).values.entries())
        expect(left.values[i]).toBeCloseTo(value, 11);
      const products = matmul(transpose(vectors), vectors);
      for (const [i, value] of products.values.entries())
        expect(value).toBeCloseTo(Math.floor(i / k) % k === i % k ? 1 : 0, 12);
      for (let i = 1; i < k; i++)
        expect(values.values[i]).toBeLessThanOrEqual(values.values[i - 1] as number);
    },
  );

  it("of a matrix without full rank end in zeros", () => {
    const x = engine.tensor([3, 3], [1, 2, 3, 2, 4, 6, 0, 0, 1]);
    const { values } = rightSingular(x, 3);
    expect(values.values[2]).toBeLessThan(1e-14);
    // The sum of all squares.
    expect(sum(mul(values, values)).item()).toBeCloseTo(71, 11);
  });

  it("of equal values are orthonormal", () => {
    // Two times a permutation with one sign turned: all values are 2.
    const x = engine.tensor([4, 4], [0, 2, 0, 0, 0, 0, 0, -2, 2, 0, 0, 0, 0, 0, 2, 0]);
    const { values, vectors } = rightSingular(x, 4);
    expect([...values.values]).toEqual([2, 2, 2, 2]);
    for (const [i, value] of matmul(transpose(vectors), vectors).values.entries())
      expect(value).toBeCloseTo(i % 5 === 0 ? 1 : 0, 14);
  });

  it("leave gradients finite where values are equal or 0, as behind ReLU", () => {
    const x = engine.parameter([3, 4], [2, 0, 0, 0, 0, 2, 0, 0, 0, 0, 1, 0]);
    const { values, vectors } = rightSingular(x, 3);
    backward(add(sum(values), sum(mul(vectors, randomParameter(engine, [4, 3], 2)))));
    expect(x.gradient?.values.every(Number.isFinite)).toBe(true);
    expect(x.gradient?.values.some((slope) => slope !== 0)).toBe(true);
    const nothing = engine.parameter([3, 2], 0);
    const none = rightSingular(nothing, 2);
    backward(add(sum(none.values), sum(none.vectors)));
    expect([...(nothing.gradient?.values ?? [])]).toEqual([0, 0, 0, 0, 0, 0]);
  });

  it("of zeros are zeros", () => {
    expect([...rightSingular(engine.tensor([2, 3], 0), 2).values.values]).toEqual([0, 0]);
  });

  it("refuses what is no number", () => {
    expect(() => rightSingular(engine.tensor([2, 2], [1, Number.NaN, 0, 1]), 1)).toThrow(/finite/);
  });
});
