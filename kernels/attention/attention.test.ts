/** Attention against its definition: shapes, layouts, masks, gradients; and what it does with large scores and no keys. */
import { describe, expect, it } from "vitest";
import { Memory } from "../codegen/memory.ts";
import { kernelIsa } from "../gemm/machines.ts";
import { Guarded } from "../nn/guarded.fixture.ts";
import { type Drawn, itIsALayer, largestError, machines, normals } from "../nn/layer.fixture.ts";
import { settingOf } from "../nn/operation.ts";
import { integerIn, randomStream } from "../random.ts";
import { type AttentionOptions, createAttention } from "./attention.ts";
import { attentionGradientReference, attentionReference } from "./reference.ts";
import {
  type AttentionLayout,
  type AttentionOperand,
  lengthOfMask,
  lengthOfOperand,
  type ProblemOptions,
  problemOf,
} from "./shape.ts";
import { tilesOf } from "./tiles.ts";
import { wholeHeadOf } from "./whole.ts";

/** Sizes around tiles and panels (12 and 6 keys, 32, 16 and 8 queries), then random ones. */
const sizes = [
  [1, 1, 1],
  [31, 11, 16],
  [33, 13, 17],
  [8, 25, 64],
  [17, 12, 33],
] as const;
const layouts: readonly AttentionLayout[] = ["heads", "tokens"];

function drawProblem(random: () => number, index: number): ProblemOptions {
  const [queries, keys, width] = sizes[index] ?? [
    integerIn(random, 1, 40),
    integerIn(random, 1, 40),
    integerIn(random, 1, 20),
  ];
  const [batch, heads] = index < 4 ? [1, 1] : [integerIn(random, 1, 2), integerIn(random, 1, 3)];
  const valueWidth = index % 3 === 2 ? integerIn(random, 1, 20) : width;
  const layout = (): AttentionLayout => layouts[integerIn(random, 0, 1)] as AttentionLayout;
  const causal = index % 4 === 1;
  return {
    shape: { batch, heads, queries, keys, width, valueWidth },
    causal,
    ...(causal && index > 4 ? { causalOffset: keys - queries } : {}),
    layouts: { q: layout(), k: layout(), v: layout(), o: layout() },
    ...(index % 2 === 0 ? { mask: masks({ heads, queries, keys })[(index / 2) % 4] } : {}),
  };
}

/** A number for each pair, for each key of a member, for pairs of all heads, and for pairs stored by keys. */
const masks = ({ heads, queries, keys }: { heads: number; queries: number; keys: number }) => [
  { batch: heads * queries * keys, head: queries * keys, query: keys, key: 1 },
  { batch: keys, head: 0, query: 0, key: 1 },
  { batch: 0, head: 0, query: keys, key: 1 },
  { batch: 0, head: 0, query: 1, key: queries },
];

/** Sizes around tiles and panels where queries and vectors of elements come out even: heads that are computed whole. */
const wholeSizes = [
  [8, 1, 16, 16],
  [40, 13, 16, 32],
  [64, 12, 48, 16],
  [8, 33, 32, 48],
] as const;

function drawWhole(random: () => number, index: number): ProblemOptions {
  const [queries, keys, width, valueWidth] = wholeSizes[index] ?? [
    8 * integerIn(random, 1, 5),
    integerIn(random, 1, 40),
    16 * integerIn(random, 1, 2),
    16 * integerIn(random, 1, 2),
  ];
  const layout = (): AttentionLayout => layouts[integerIn(random, 0, 1)] as AttentionLayout;
  return {
    shape: { batch: 1, heads: integerIn(random, 1, 2), queries, keys, width, valueWidth },
    layouts: { q: layout(), k: layout(), v: layout(), o: layout() },
  };
}

const draw = (random: () => number, index: number): Drawn => drawn(random, drawProblem(random, index));

function drawn(random: () => number, options: ProblemOptions): Drawn {
  const problem = problemOf(options);
  const of = (operand: "q" | "k" | "v") => normals(random, lengthOfOperand(problem, operand));
  const mask = normals(random, lengthOfMask(problem)).map((value) =>
    value > 2 ? Number.NEGATIVE_INFINITY : value,
  );
  const { batch, heads, queries } = problem.shape;
  const masked = options.mask ? { mask } : {};
  return {
    text: JSON.stringify(options),
    inputs: { q: of("q"), k: of("k"), v: of("v"), ...masked },
    length: lengthOfOperand(problem, "o"),
    reference: ({ q, k, v, mask: added }) =>
      attentionReference(problem, {
        q: q as Float64Array,
        k: k as Float64Array,
        v: v as Float64Array,
        mask: added,
      }),
    run(setting, bench, at) {
      const attention = createAttention({ ...setting, ...options });
      const given = {
        ...{ q: at("q"), k: at("k"), v: at("v"), ...(options.mask ? { mask: at("mask") } : {}) },
        o: bench.room("y", lengthOfOperand(problem, "o")),
        lse: bench.room("lse", batch * heads * queries),
      };
      attention.forward(given);
      attention.backward({
        ...given,
        gradO: at("gradY"),
        gradQ: bench.room("grad.q", lengthOfOperand(problem, "q")),
        gradK: bench.room("grad.k", lengthOfOperand(problem, "k")),
        gradV: bench.room("grad.v", lengthOfOperand(problem, "v")),
      });
    },
  };
}

itIsALayer("attention", draw, { differentiable: ["q", "k", "v"] });
itIsALayer("attention of whole heads", (random, index) => drawn(random, drawWhole(random, index)), {
  differentiable: ["q", "k", "v"],
});

/** Runs the forward pass on given operands. */
function outputOf(
  options: AttentionOptions,
  operands: Record<"q" | "k" | "v", Float64Array> & { mask?: Float64Array },
) {
  const bench = new Guarded(options.element ?? "f32", options.memory);
  const attention = createAttention({ ...options, forwardOnly: true });
  const o = bench.room("o", lengthOfOperand(attention.problem, "o"));
  attention.forward({
    ...{ q: bench.put("q", operands.q), k: bench.put("k", operands.k), v: bench.put("v", operands.v), o },
    ...(operands.mask ? { mask: bench.put("mask", operands.mask) } : {}),
  });
  bench.expectUntouched();
  return { output: bench.read("o"), expected: attentionReference(attention.problem, operands) };
}

describe.each(machines)("attention on $target $isa", (machine) => {
  it("goes over several blocks of keys and groups of queries", () => {
    const random = randomStream(5);
    const shape = { batch: 1, heads: 1, queries: 300, keys: 541, width: 24 };
    for (const causal of [false, true]) {
      const operands = {
        q: normals(random, 300 * 24),
        k: normals(random, 541 * 24),
        v: normals(random, 541 * 24),
      };
      const memory = new Memory(2 ** 21);
      const { output, expected } = outputOf(
        { ...machine, memory, shape, causal, causalOffset: 100 },
        operands,
      );
      expect(largestError(output, expected)).toBeLessThan(1e-5);
    }
  });

  it("has gradients over several blocks and groups, with rows of several pairs of vectors", () => {
    const random = randomStream(8);
    const shape = { batch: 1, heads: 2, queries: 270, keys: 530, width: 96, valueWidth: 40 };
    const options = {
      shape,
      causal: true,
      causalOffset: 200,
      layouts: { q: "tokens", k: "tokens" },
    } as const;
    const problem = problemOf(options);
    const memory = new Memory(2 ** 23);
    const bench = new Guarded("f32", memory);
    const drawn = (operand: AttentionOperand) => normals(random, lengthOfOperand(problem, operand));
    const inputs = { q: drawn("q"), k: drawn("k"), v: drawn("v") };
    const gradO = drawn("o");
    const attention = createAttention({ ...machine, ...options, memory });
    const args = {
      ...{ q: bench.put("q", inputs.q), k: bench.put("k", inputs.k), v: bench.put("v", inputs.v) },
      ...{ o: bench.room("o", gradO.length), lse: bench.room("lse", 2 * shape.queries) },
    };
    attention.forward(args);
    const gradients = {
      gradQ: bench.room("gradQ", inputs.q.length),
      gradK: bench.room("gradK", inputs.k.length),
      gradV: bench.room("gradV", inputs.v.length),
    };
    attention.backward({ ...args, ...gradients, gradO: bench.put("gradO", gradO) });
    bench.expectUntouched();
    const expected = attentionGradientReference(problem, inputs, gradO);
    for (const name of ["gradQ", "gradK", "gradV"] as const)
      expect(largestError(bench.read(name), expected[name]), name).toBeLessThan(1e-5);
  });

  it("takes scores of ten thousand, which rise along the keys", () => {
    const [queries, keys, width] = [5, 600, 4];
    const q = new Float64Array(queries * width).fill(50);
    const k = Float64Array.from({ length: keys * width }, (_, i) => Math.floor(i / width) / 6);
    const v = normals(randomStream(6), keys * width);
    const options = {
      ...machine,
      memory: new Memory(2 ** 21),
      shape: { batch: 1, heads: 1, queries, keys, width },
    };
    for (const sign of [1, -1]) {
      const { output, expected } = outputOf({ ...options, scale: sign / 2 }, { q, k, v });
      // Scores of 1e4 are known to 5e-4 in float32, and so are their powers.
      expect(largestError(output, expected)).toBeLessThan(2e-3);
    }
  });

  it("gives zeros to a query that sees no key, or NaN where that is asked for; gradients are zeros", () => {
    const shape = { batch: 1, heads: 1, queries: 3, keys: 4, width: 2 };
    const mask = { batch: 0, head: 0, query: 4, key: 1 };
    for (const emptyQuery of ["zeros", "nan"] as const) {
      const memory = new Memory(2 ** 20);
      const bench = new Guarded("f32", memory);
      const attention = createAttention({ ...machine, memory, shape, mask, emptyQuery });
      const hidden = Number.NEGATIVE_INFINITY;
      const args = {
        ...{ q: bench.put("q", [1, 2, 3, 4, 5, 6]), k: bench.put("k", [1, 2, 3, 4, 5, 6, 7, 8]) },
        ...{ v: bench.put("v", [1, 1, 1, 1, 1, 1, 1, 1]), o: bench.room("o", 6), lse: bench.room("lse", 3) },
        mask: bench.put("mask", [0, 0, 0, 0, hidden, hidden, hidden, hidden, 0, hidden, 0, 0]),
      };
      attention.forward(args);
      const nothing = emptyQuery === "zeros" ? 0 : Number.NaN;
      expect([...bench.read("o")].map((value) => Math.round(value * 1e6) / 1e6)).toEqual([
        1,
        1,
        nothing,
        nothing,
        1,
        1,
      ]);
      expect(bench.read("lse")[1]).toBe(Number.POSITIVE_INFINITY);
      if (emptyQuery === "nan") continue;
      const gradients = {
        gradQ: bench.room("gradQ", 6),
        gradK: bench.room("gradK", 8),
        gradV: bench.room("gradV", 8),
      };
      attention.backward({ ...args, ...gradients, gradO: bench.put("gradO", [1, 2, 3, 4, 5, 6]) });
      expect([...bench.read("gradQ").subarray(2, 4)]).toEqual([0, 0]);
      for (const name of Object.keys(gradients)) expect(bench.read(name).every(Number.isFinite)).toBe(true);
    }
  });

  it("computes only heads whole whose scores are few, even and all seen", () => {
    const shape = { batch: 1, heads: 1, queries: 64, keys: 50, width: 32 };
    const isWhole = (options: Partial<ProblemOptions>, arithmetic?: "strict"): boolean => {
      const problem = problemOf({ shape, ...options });
      const setting = settingOf({
        ...machine,
        memory: new Memory(2 ** 20),
        ...(arithmetic && { arithmetic }),
      });
      const tiles = tilesOf("f32", kernelIsa(machine.target, machine.isa), problem.shape);
      return wholeHeadOf(setting, problem, tiles) !== undefined;
    };
    expect(isWhole({})).toBe(machine.target === "native");
    expect(isWhole({}, "strict")).toBe(false);
    expect(isWhole({ shape: { ...shape, queries: 1024, keys: 65 } })).toBe(false);
    expect(isWhole({ shape: { ...shape, queries: 63 } })).toBe(false);
    expect(isWhole({ shape: { ...shape, width: 33 } })).toBe(false);
    expect(isWhole({ mask: { batch: 0, head: 0, query: 0, key: 1 } })).toBe(false);
  });

  it("lets NaN in a key reach every query that sees it, and no other", () => {
    const shape = { batch: 1, heads: 1, queries: 3, keys: 3, width: 1 };
    const operands = {
      q: Float64Array.of(1, 1, 1),
      k: Float64Array.of(1, 1, Number.NaN),
      v: Float64Array.of(1, 2, 3),
    };
    const { output } = outputOf({ ...machine, memory: new Memory(2 ** 20), shape, causal: true }, operands);
    expect([...output].map(Number.isNaN)).toEqual([false, false, true]);
  });
});

describe("attention", () => {
  const shape = { batch: 1, heads: 1, queries: 4, keys: 4, width: 4 };
  const memory = new Memory(2 ** 20);

  it("is nothing where there are no queries, and zeros where there are no keys", () => {
    const without = createAttention({ shape: { ...shape, queries: 0 }, target: "wasm", memory });
    without.forward({ q: 64, k: 1024, v: 2048, o: 4096 });
    const o = memory.allocate("f32", 16);
    o.view.fill(7);
    createAttention({ shape: { ...shape, keys: 0 }, target: "wasm", memory }).forward({
      q: 64,
      k: 64,
      v: 64,
      o: o.address,
    });
    expect([...o.view]).toEqual(new Array(16).fill(0));
  });

  it("refuses sizes, layouts, masks and addresses that do not fit", () => {
    const made = (options: Partial<AttentionOptions>) =>
      createAttention({ shape, target: "js", memory, ...options });
    expect(() => made({ shape: { ...shape, width: 0 } })).toThrow(
      /expected width to be a whole number of at least 1; found 0/,
    );
    expect(() => made({ shape: { ...shape, keys: -1 } })).toThrow(/expected keys/);
    expect(() => made({ layouts: { q: { batch: 0, head: 0, token: 3 } } })).toThrow(
      /q's stride by token to be at least its 4/,
    );
    expect(() => made({ mask: { batch: 0, head: 0, query: 0.5, key: 1 } })).toThrow(
      /the mask's stride by query/,
    );
    expect(() => made({}).forward({ q: 64, k: 128, v: 192, o: 256, mask: 512 })).toThrow(/expected no mask/);
    expect(() => made({}).forward({ q: 64, k: 128, v: 192, o: 2 ** 20 + 2 ** 16 })).toThrow(
      /expected o as an address of 16 f32/,
    );
    expect(() => made({}).forward({ q: 64, k: 128, v: 192, o: 64 })).toThrow(
      /expected o to lie apart from q/,
    );
    const joined = { batch: 48, head: 4, token: 12 };
    const inTurns = made({ layouts: { q: joined, k: joined, v: joined } });
    const places = { q: 64, k: 80, v: 96, o: 512, lse: 768, gradO: 1024, gradQ: 2048, gradK: 2064 };
    inTurns.backward({ ...places, gradV: 2080 });
    expect(() => inTurns.backward({ ...places, gradV: 2076 })).toThrow(/to lie apart from grad/);
    const once = { q: 64, k: 128, v: 192, o: 256, lse: 320, gradO: 384 };
    expect(() => made({ forwardOnly: true }).backward(once)).toThrow(/Leave forwardOnly away/);
  });
});
