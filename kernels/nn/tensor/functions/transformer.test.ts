/** What transformers are made of: activations, dropout, attention; gradients on every target, and what must hold. */
import { describe, expect, it } from "vitest";
import { backward } from "../backward.ts";
import { Engine } from "../engine.ts";
import { checker, checkGradients, randomParameter } from "../gradient-check.fixture.ts";
import type { Shape } from "../shapes.ts";
import type { Tensor } from "../tensor.ts";
import { gelu, geluTanh, leakyRelu, silu } from "./activations.ts";
import { square } from "./arithmetic.ts";
import { attention, selfAttention } from "./attention.ts";
import { dropout } from "./dropout.ts";
import { slice } from "./move.ts";
import { sum } from "./reduce.ts";

const targets = ["js", "wasm", "native"] as const;

describe.each(targets)("on %s", (target) => {
  const engine = checker({ target });
  const random = (shape: Shape, seed: number): Tensor => randomParameter(engine, shape, seed);

  it.each<[string, (x: Tensor) => Tensor]>([
    ["gelu", gelu],
    ["geluTanh", geluTanh],
    ["silu", silu],
    ["leakyRelu", leakyRelu],
    ["dropout", (x) => dropout(x, 0.4, 11)],
  ])("%s has the gradient of its differences", (_, f) => {
    checkGradients([random([3, 13], 3)], (x) => f(x as Tensor));
  });

  const operands = (): readonly [Tensor, Tensor, Tensor] => [
    random([2, 4, 6], 1),
    random([2, 5, 6], 2),
    random([2, 5, 8], 3),
  ];
  const ways = [{}, { causal: true }, { scale: 2, causal: true, heads: 2 }];

  it.each(ways)("attention %j has the gradient of its differences, fused and composed", (options) => {
    const mask = random([2, 1, 1, 5], 4);
    checkGradients([...operands(), mask], (q, k, v, learned) =>
      attention(q as Tensor, k as Tensor, v as Tensor, { ...options, mask: learned }),
    );
    const fixed = engine.tensor([4, 5], random([20], 5).values);
    checkGradients(operands(), (q, k, v) =>
      attention(q as Tensor, k as Tensor, v as Tensor, { ...options, mask: fixed }),
    );
  });

  it.each(ways)("attention %j is the same fused as composed", (options) => {
    const [q, k, v] = operands();
    const expected = [...attention(q, k, v, { ...options, weights: (all) => all }).values];
    for (const [i, value] of [...attention(q, k, v, options).values].entries())
      expect(value).toBeCloseTo(expected[i] as number, 13);
  });

  it.each([
    { shape: [2, 5, 36], options: { heads: 3, causal: true } },
    { shape: [1, 8, 96], options: { heads: 2, scale: 0.5 } },
  ])(
    "self-attention of $shape has the gradient of its differences, and is attention of the parts",
    (given) => {
      const { shape, options } = given;
      const x = random(shape, 6);
      checkGradients([x], (joined) => selfAttention(joined as Tensor, options));
      const width = (shape[2] as number) / 3;
      const [q, k, v] = [0, 1, 2].map((i) => slice(x, 2, i * width, (i + 1) * width)) as [
        Tensor,
        Tensor,
        Tensor,
      ];
      const expected = [...attention(q, k, v, options).values];
      expect([...selfAttention(x, options).values]).toEqual(expected);
    },
  );

  it("causal attention does not see what comes after", () => {
    const [q, k, v] = [random([1, 6, 4], 1), random([1, 6, 4], 2), random([1, 6, 4], 3)];
    const start = (causal: boolean): number[] => [...slice(attention(q, k, v, { causal }), 1, 0, 4).values];
    const first = start(true);
    for (const later of [k, v]) later.values.fill(9, 4 * 4);
    expect(start(true)).toEqual(first);
    expect(start(false)).not.toEqual(first);
  });
});

it("attends with the same bits on every target in strict arithmetic", () => {
  const results = targets.map((target) => {
    const engine = new Engine({ target, arithmetic: "strict", bytes: 2 ** 22 });
    const [q, k, v] = [1, 2, 3].map((seed) => randomParameter(engine, [2, 19, 24], seed)) as [
      Tensor,
      Tensor,
      Tensor,
    ];
    engine.scope(() => backward(sum(square(attention(q, k, v, { heads: 3, causal: true })))));
    return [q, k, v].map(({ gradient }) => [...(gradient as Tensor).values]);
  });
  expect(results[1]).toEqual(results[0]);
  expect(results[2]).toEqual(results[0]);
});

describe("dropout", () => {
  const bits = (target: (typeof targets)[number], element: "f32" | "f64", seed: number): number[] => {
    const engine = new Engine({ target, element, bytes: 2 ** 22 });
    const x = engine.parameter([1003], 1);
    engine.scope(() => backward(sum(dropout(x, 0.25, seed))));
    return [...(x.gradient as Tensor).values].map((value) => (value === 0 ? 0 : 1));
  };

  it("drops the same elements on every target and in every precision", () => {
    for (const target of targets)
      for (const element of ["f32", "f64"] as const)
        expect(bits(target, element, 5)).toEqual(bits("js", "f64", 5));
    expect(bits("js", "f32", 6)).not.toEqual(bits("js", "f32", 5));
  });

  it("drops the share that is wanted, and keeps the mean", () => {
    const engine = new Engine({ target: "native", bytes: 2 ** 24 });
    const y = dropout(engine.tensor([100_000], 1), 0.3, 1).values;
    const dropped = y.filter((value) => value === 0).length;
    // Five standard deviations of the binomial distribution: sqrt(100,000 * 0.3 * 0.7) is 145.
    expect(Math.abs(dropped - 30_000)).toBeLessThan(725);
    expect(new Set(y)).toEqual(new Set([0, Math.fround(1 / 0.7)]));
  });

  it("draws neighbours and seeds independently", () => {
    const [a, b] = [bits("js", "f64", 1), bits("js", "f64", 2)];
    const both = (x: readonly number[], y: readonly number[]): number =>
      x.filter((value, i) => value === 0 && y[i] === 0).length;
    // A sixteenth of 1003 is 63; five standard deviations are 38.
    for (const [x, y] of [
      [a, b],
      [a, [...a.slice(1), 1]],
      [a, [...a.slice(4), 1, 1, 1, 1]],
    ] as const)
      expect(Math.abs(both(x, y) - 63)).toBeLessThan(38);
  });
});

it("refuses what does not fit", () => {
  const engine = checker();
  expect(() => dropout(engine.tensor([3], 1), 1, 0)).toThrow(/from 0 to below 1; found 1/);
  expect(() =>
    attention(engine.tensor([1, 2, 3]), engine.tensor([1, 4, 3]), engine.tensor([1, 5, 3])),
  ).toThrow(/as many values; found \[1, 2, 3\], \[1, 4, 3\], \[1, 5, 3\]/);
  expect(() => selfAttention(engine.tensor([1, 2, 10], 0), { heads: 2 })).toThrow(/3 x 2 x width/);
  const mask = engine.parameter([2, 2], 0);
  expect(() => selfAttention(engine.tensor([1, 2, 12], 0), { mask })).toThrow(/a mask without a gradient/);
});
