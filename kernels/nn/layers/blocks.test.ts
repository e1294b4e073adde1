/** The layers of deeper networks: gradients on every target, counts and costs by hand, training and evaluation. */
import { describe, expect, it } from "vitest";
import { randomStream } from "../../random.ts";
import { heUniform, orthogonal } from "../initialisers.ts";
import { backward } from "../tensor/backward.ts";
import { Engine } from "../tensor/engine.ts";
import { mul } from "../tensor/functions/arithmetic.ts";
import { sum } from "../tensor/functions/reduce.ts";
import { checker, checkGradients, randomParameter } from "../tensor/gradient-check.fixture.ts";
import type { Shape } from "../tensor/shapes.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { multiHeadAttention } from "./attention.ts";
import { conv2d, depthwiseConv2d } from "./conv2d.ts";
import { dropout } from "./dropout.ts";
import { embedding, positions } from "./embedding.ts";
import { type Layer, type Nursery, parameterCount } from "./layer.ts";
import { linear } from "./linear.ts";
import { lstm } from "./lstm.ts";
import { batchNorm, layerNorm } from "./norms.ts";
import { averagePool, globalAveragePool, maxPool } from "./pool.ts";
import { flatten, gelu, relu, residual, sequential, sigmoid, silu, tanh } from "./sequential.ts";
import { summaryText } from "./summary.ts";
import { transformerBlock } from "./transformer.ts";

interface Row {
  readonly name: string;
  readonly make: (where: Nursery) => Layer;
  /** Of one example. */
  readonly input: Shape;
  readonly output: Shape;
  readonly parameters: number;
  readonly flops: number;
}

/** [time, batch] and the like are small odd numbers, so that one confused with another shows. */
const rows: readonly Row[] = [
  {
    ...{ name: "linear on rows", make: (w) => linear(w, 3, 5, orthogonal()), input: [4, 3], output: [4, 5] },
    ...{ parameters: 3 * 5 + 5, flops: 4 * (2 * 15 + 5) },
  },
  {
    name: "depthwise",
    make: (w) => depthwiseConv2d(w, { channels: 2, kernel: 3, padding: 1, multiplier: 2 }),
    ...{ input: [2, 4, 5], output: [4, 4, 5], parameters: 4 * 9 + 4, flops: 2 * 4 * 9 * 20 + 80 },
  },
  {
    name: "grouped conv",
    make: (w) => conv2d(w, { channels: 4, filters: 6, kernel: 3, groups: 2, start: heUniform }),
    ...{ input: [4, 4, 5], output: [6, 2, 3], parameters: 6 * 2 * 9 + 6, flops: 2 * 6 * 2 * 9 * 6 + 36 },
  },
  {
    ...{ name: "batch norm", make: (w) => batchNorm(w, 3), input: [3, 2, 4], output: [3, 2, 4] },
    ...{ parameters: 6, flops: 2 * 24 },
  },
  {
    ...{ name: "layer norm", make: (w) => layerNorm(w, 5, { epsilon: 0.1 }), input: [3, 5], output: [3, 5] },
    ...{ parameters: 10, flops: 3 * (7 * 5 + 3) },
  },
  {
    // Windows of 2 and 1 columns: three comparisons and one, in each of two rows.
    ...{
      name: "max pool",
      make: () => maxPool({ kernel: 2, ceil: true }),
      input: [3, 4, 3],
      output: [3, 2, 2],
    },
    ...{ parameters: 0, flops: 3 * 2 * (3 + 1) },
  },
  {
    ...{ name: "average pool", make: () => averagePool({ kernel: 2 }), input: [3, 4, 4], output: [3, 2, 2] },
    ...{ parameters: 0, flops: 3 * 4 * 4 },
  },
  {
    ...{ name: "global average pool", make: () => globalAveragePool, input: [3, 4, 5], output: [3, 1, 1] },
    ...{ parameters: 0, flops: 60 },
  },
  {
    ...{ name: "activations", make: () => sequential(gelu, silu, tanh, sigmoid), input: [7], output: [7] },
    ...{ parameters: 0, flops: 28 },
  },
  {
    name: "residual",
    make: (w) => residual(sequential(linear(w, 3, 5), tanh), linear(w, 3, 5)),
    ...{ input: [3], output: [5], parameters: 40, flops: 2 * 35 + 5 + 5 },
  },
  {
    ...{ name: "positions", make: (w) => positions(w, 6, 3, 0.5), input: [4, 3], output: [4, 3] },
    ...{ parameters: 18, flops: 12 },
  },
  {
    name: "attention",
    make: (w) => multiHeadAttention(w, { width: 6, heads: 2, causal: true }),
    ...{ input: [5, 6], output: [5, 6], parameters: 4 * 6 * 7 },
    // Projections; then a head's scores (2 x 3), scale, softmax (5 x 5 - 2 a row) and sums of values (2 x 3).
    flops: 4 * 5 * (2 * 36 + 6) + 2 * (25 * 6 + 25 + 5 * 23 + 25 * 6),
  },
  {
    name: "transformer block",
    make: (w) => transformerBlock(w, { width: 4, heads: 2, hidden: 6, causal: true }),
    ...{ input: [3, 4], output: [3, 4], parameters: 2 * 8 + 4 * 20 + (24 + 6) + (24 + 4) },
    flops:
      2 * 3 * 31 +
      (4 * 3 * 36 + 2 * (9 * 4 + 9 + 3 * 13 + 9 * 4)) +
      (3 * (48 + 6) + 18 + 3 * (48 + 4)) +
      2 * 12,
  },
  {
    name: "transformer block, normalised after",
    make: (w) => transformerBlock(w, { width: 4, heads: 1, hidden: 3, norm: "after" }),
    ...{ input: [2, 4], output: [2, 4], parameters: 2 * 8 + 4 * 20 + 15 + 16 },
    flops: 2 * 2 * 31 + (4 * 2 * 36 + (4 * 8 + 4 + 2 * 8 + 4 * 8)) + (2 * 27 + 6 + 2 * 28) + 2 * 8,
  },
  {
    ...{ name: "lstm", make: (w) => lstm(w, { inputs: 3, hidden: 4 }), input: [5, 3], output: [5, 4] },
    ...{ parameters: 16 * (3 + 4 + 1), flops: 5 * (2 * 16 * 7 + 17 * 4) },
  },
  {
    name: "lstm in both directions",
    make: (w) => lstm(w, { inputs: 3, hidden: 2, bidirectional: true }),
    ...{ input: [5, 3], output: [5, 4], parameters: 2 * 8 * 6, flops: 2 * 5 * (2 * 8 * 5 + 17 * 2) },
  },
];

const training = { training: true };

const targets = ["js", "wasm", "native"] as const;

describe.each(targets)("on %s", (target) => {
  it.each(rows)(
    "$name has the gradients of its differences, and the size that it says",
    ({ make, input, output }) => {
      const engine = checker({ target });
      const layer = make({ engine, random: randomStream(5) });
      const x = randomParameter(engine, [2, ...input], 1);
      expect(layer.forward(x, training).shape).toEqual([2, ...output]);
      checkGradients([x, ...Object.values(layer.parameters)], (y) => layer.forward(y as Tensor, training));
    },
  );
});

/** Result and gradients of a layer, from the same first values whatever the engine. */
function passOf({ make, input }: Row, engine: Engine): readonly Float64Array[] {
  const layer = make({ engine, random: randomStream(5) });
  const x = randomParameter(engine, [2, ...input], 1);
  return engine.scope(() => {
    const y = layer.forward(x, training);
    backward(sum(mul(y, randomParameter(engine, y.shape, 3))));
    const all = [y, ...[x, ...Object.values(layer.parameters)].map(({ gradient }) => gradient as Tensor)];
    return all.map(({ values }) => Float64Array.from(values));
  });
}

describe.each(rows)("$name", (row) => {
  it("has in f32 on every target what it has in f64, but for rounding", () => {
    const exact = passOf(row, checker());
    for (const target of targets)
      for (const [i, found] of passOf(row, new Engine({ target, bytes: 2 ** 22 })).entries()) {
        const expected = exact[i] as Float64Array;
        // Some hundred operations of half a unit in the last place, of the largest number.
        const bound = 1e-5 * Math.max(1, ...expected.map(Math.abs));
        expect(Math.max(...found.map((value, j) => Math.abs(value - (expected[j] as number))))).toBeLessThan(
          bound,
        );
      }
  });

  it("has the same bits on every target in strict arithmetic", () => {
    const [js, wasm, native] = targets.map((target) =>
      passOf(row, new Engine({ target, arithmetic: "strict", bytes: 2 ** 22 })),
    );
    expect(wasm).toEqual(js);
    expect(native).toEqual(js);
  });
});

it.each(rows)("$name counts and costs what it is made of", ({ make, input, output, parameters, flops }) => {
  const layer = make({ engine: checker(), random: randomStream(5) });
  expect(parameterCount(layer)).toBe(parameters);
  expect(layer.cost(input)).toEqual({ output, flops });
});

describe("modes", () => {
  const engine = checker();
  const where = (): Nursery => ({ engine, random: randomStream(5) });
  const x = randomParameter(engine, [6, 5], 1);

  it("batch norm moves its statistics in training and uses them otherwise", () => {
    const layer = batchNorm(where(), 5);
    expect(Object.keys(layer.statistics ?? {})).toEqual(["mean", "variance"]);
    const before = [...layer.forward(x, { training: false }).values];
    for (const [i, value] of before.entries())
      expect(value).toBeCloseTo((x.values[i] as number) / Math.sqrt(1.00001), 14);
    layer.forward(x, training);
    expect([...layer.forward(x, { training: false }).values]).not.toEqual(before);
  });

  it("dropout drops other elements each pass, and none in evaluation", () => {
    const layer = dropout(where(), 0.5);
    const first = [...layer.forward(x, training).values];
    expect([...layer.forward(x, training).values]).not.toEqual(first);
    expect([...layer.forward(x, { training: false }).values]).toEqual([...x.values]);
    // Set back, it repeats itself: what a checkpoint restores.
    layer.statistics?.passes?.values.fill(0);
    expect([...layer.forward(x, training).values]).toEqual(first);
  });

  it("dropout inside of a transformer block is a matter of training alone", () => {
    const layer = transformerBlock(where(), { width: 4, heads: 2, dropout: 0.5 });
    expect(Object.keys(layer.statistics ?? {})).toEqual([
      "attention.drop.passes",
      "drop1.passes",
      "drop2.passes",
    ]);
    const text = randomParameter(engine, [2, 3, 4], 1);
    const run = (isTraining: boolean): number[] => [...layer.forward(text, { training: isTraining }).values];
    expect(run(false)).toEqual(run(false));
    expect(run(true)).not.toEqual(run(true));
  });
});

describe("attention to another text", () => {
  it("has gradients to both, and one answer for what a mask hides", () => {
    const engine = checker();
    const layer = multiHeadAttention({ engine, random: randomStream(5) }, { width: 4, heads: 2 });
    const [x, context] = [randomParameter(engine, [2, 3, 4], 1), randomParameter(engine, [2, 5, 4], 2)];
    checkGradients([x, context], (a, b) => layer.attend(a as Tensor, b as Tensor, training));
    const hidden = engine.tensor([5], [0, 0, 0, Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY]);
    const run = (): number[] => [...layer.attend(x, context, training, hidden).values];
    const before = run();
    for (const text of [0, 1]) context.values.fill(7, text * 20 + 12, text * 20 + 20);
    expect(run()).toEqual(before);
    // Queries and result of 3 rows, keys and values of 5.
    expect(layer.costOf([3, 4], 5).flops).toBe(16 * 36 + 2 * (15 * 4 + 15 + 3 * 23 + 15 * 4));
  });
});

describe("an embedding", () => {
  const engine = checker();
  const layer = embedding({ engine, random: randomStream(5) }, 5, 3);

  it("takes rows by number, and gives each its gradients", () => {
    const numbers = engine.tensor([2, 4], [4, 0, 4, 4, 1, 0, 2, 4]);
    expect(layer.forward(numbers, training).shape).toEqual([2, 4, 3]);
    expect(layer.cost([4])).toEqual({ output: [4, 3], flops: 0 });
    checkGradients(Object.values(layer.parameters), () => layer.forward(numbers, training));
  });

  it("refuses numbers of other tables", () => {
    expect(() => layer.forward(engine.tensor([1, 2], [0, 5]), training)).toThrow(/0 to 4; found 5 at 1/);
  });
});

it("a watch sees inner layers by name, and parameters have the same names", () => {
  const engine = checker();
  const where = { engine, random: randomStream(5) };
  const net = sequential(residual(sequential(linear(where, 3, 3), relu)), linear(where, 3, 2));
  expect(Object.keys(net.parameters)).toEqual(["0.body.0.weight", "0.body.0.bias", "1.weight", "1.bias"]);
  const seen: string[] = [];
  net.forward(engine.tensor([1, 3], 1), { ...training, watch: (name) => seen.push(name) });
  expect(seen).toEqual(["0.body.0", "0.body.1", "0.body", "0", "1"]);
});

it("refuses what does not fit", () => {
  const where = { engine: checker(), random: randomStream(5) };
  expect(() => multiHeadAttention(where, { width: 5, heads: 2 })).toThrow(/2 heads divide; found 5/);
  expect(() => dropout(where, 1)).toThrow(/below 1; found 1/);
  expect(() => positions(where, 3, 2).forward(where.engine.tensor([1, 4, 2], 1), training)).toThrow(
    /at most 3 places; found 4/,
  );
});

describe("a summary", () => {
  it("has a line for each layer that does something, and the whole below", () => {
    const where = { engine: checker(), random: randomStream(5) };
    const net = sequential(
      residual(sequential(conv2d(where, { channels: 1, filters: 1, kernel: 3, padding: 1 }), relu)),
      maxPool({ kernel: 2 }),
      flatten,
      linear(where, 1000, 10),
    );
    expect(summaryText(net, [1, 50, 80])).toMatchInlineSnapshot(`
      "layer     kind               output       parameters  operations
      0.body.0  conv 3x3, 1 to 1   [1, 50, 80]          10      76,000
      0.body.1  relu               [1, 50, 80]           0       4,000
      0         residual           [1, 50, 80]           0       4,000
      1         max pool           [1, 25, 40]           0       3,000
      2         flatten            [1000]                0           0
      3         linear 1000 to 10  [10]             10,010      20,010
                all                [10]             10,020     107,010"
    `);
  });
});
