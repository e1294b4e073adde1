/** Losses on states of encoders: 0 where student and teacher agree, blind to padding, and refusals that say why. */
import { describe, expect, it } from "vitest";
import { backward } from "../../nn/tensor/backward.ts";
import type { Engine } from "../../nn/tensor/engine.ts";
import { checker, checkGradients, randomParameter } from "../../nn/tensor/gradient-check.fixture.ts";
import type { Shape } from "../../nn/tensor/shapes.ts";
import type { Tensor } from "../../nn/tensor/tensor.ts";
import { inputsOf, variantOf } from "./loss-inputs.fixture.ts";

/** Two samples of three tokens, of which the last one of the second is padding. */
const mask = [1, 1, 1, 1, 1, 0];
const padded = { sample: 1, token: 2 };

interface Row {
  readonly id: string;
  readonly name: string;
  /** Both sides' inputs by name and shape; the tokens are the dimension of length 3. */
  readonly shapes: Readonly<Record<string, Shape>>;
  readonly params?: unknown;
}

const attention: Shape = [2, 2, 3, 3];
const states: Shape = [2, 3, 4];
const rows: readonly Row[] = [
  { id: "bert_intermediate", name: "att_mse", shapes: { "": attention } },
  { id: "bert_intermediate", name: "att_mse_sum", shapes: { "": attention } },
  { id: "bert_intermediate", name: "hid_mse", shapes: { "": states } },
  { id: "bert_intermediate", name: "cosine", shapes: { "": states } },
  { id: "minilm", name: "v1", shapes: { _q: states, _k: states, _v: states }, params: { heads: 2 } },
  { id: "minilm", name: "v2", shapes: { _q: states, _k: states, _v: states }, params: { heads: 4 } },
  {
    id: "distilbert",
    name: "huggingface",
    shapes: { _logits: [2, 3, 5], _hidden: states },
    params: { alpha_mlm: 0, alpha_mse: 1 },
  },
];

function sideOf(engine: Engine, side: string, { shapes }: Row, seed: number) {
  return Object.fromEntries(
    Object.entries(shapes).map(([name, shape], i) => [
      side + name,
      randomParameter(engine, shape, seed + 10 * i),
    ]),
  );
}

/** A row's loss of two sides under the mask. */
function lossOf(
  engine: Engine,
  { id, name, params = {} }: Row,
  given: Readonly<Record<string, Tensor>>,
): Tensor {
  const real = engine.tensor([2, 3], mask);
  const inputs = {
    ...inputsOf(engine, { ...given, mask: real, attention_mask: real }),
    numbers: () => mask,
  };
  return variantOf(id, name).compute(inputs, params).loss;
}

describe.each(rows)("$id $name", (row) => {
  it("is 0 for a student that is its teacher, and more for any other", () => {
    const engine = checker();
    const student = sideOf(engine, "student", row, 1);
    const same = sideOf(engine, "teacher", row, 1);
    expect(Math.abs(lossOf(engine, row, { ...student, ...same }).item())).toBeLessThan(1e-11);
    expect(lossOf(engine, row, { ...student, ...sideOf(engine, "teacher", row, 5) }).item()).toBeGreaterThan(
      1e-3,
    );
  });

  it("does not see padding, and gives it no gradient", () => {
    const engine = checker();
    const student = sideOf(engine, "student", row, 1);
    const teacher = sideOf(engine, "teacher", row, 5);
    const before = lossOf(engine, row, { ...student, ...teacher });
    backward(before);
    for (const tensor of Object.values(student)) {
      const { shape } = tensor;
      const width = shape.at(-1) as number;
      // Of attention, the padded token's rows; of states, its own.
      const first = (padded.sample * tensor.size) / 2 + padded.token * width;
      for (let i = first; i < first + width; i++) {
        expect(tensor.gradient?.values[i]).toBeCloseTo(0, 15);
        tensor.values[i] = 9;
      }
    }
    expect(lossOf(engine, row, { ...student, ...teacher }).item()).toBeCloseTo(before.item(), 12);
  });

  it("has the gradient of its differences", () => {
    const engine = checker();
    const student = sideOf(engine, "student", row, 1);
    const teacher = sideOf(engine, "teacher", row, 5);
    const names = Object.keys(student);
    checkGradients(Object.values(student), (...tensors) =>
      lossOf(engine, row, {
        ...teacher,
        ...Object.fromEntries(names.map((name, i) => [name, tensors[i] as Tensor])),
      }),
    );
  });
});

describe("refused are", () => {
  const engine = checker();
  const list = (name: string, shape: Shape, count: number) =>
    Object.fromEntries(
      Array.from({ length: count }, (_, i) => [`${name}.${i}`, randomParameter(engine, shape, i)]),
    );
  const tinybert = (layers: readonly [number, number], embeddings = 1) =>
    variantOf("tinybert", "intermediate").compute(
      inputsOf(engine, {
        ...list("student_att", attention, layers[0]),
        ...list("teacher_att", attention, layers[1]),
        ...list("student_rep", states, layers[0] + embeddings),
        ...list("teacher_rep", states, layers[1] + 1),
      }),
      {},
    );
  const qkv = Object.fromEntries(
    ["student_v", "teacher_v"].map((name) => [name, randomParameter(engine, states, 1)]),
  );
  const minilm = (params: unknown) => variantOf("minilm", "v1").compute(inputsOf(engine, qkv), params);

  it.each<[string, () => unknown, RegExp]>([
    ["teachers with no whole number of layers for each", () => tinybert([2, 3]), /times 2 layers.*found 3/],
    ["states without embeddings", () => tinybert([1, 2], 0), /\(2 and 3\); found 1 and 3/],
    ["heads that share no width", () => minilm({ heads: 3, relations: { vv: 1 } }), /3 heads.*found 4/],
    ["relations of other letters", () => minilm({ heads: 2, relations: { qx: 1 } }), /params\.relations/],
    ["no relations", () => minilm({ relations: {} }), /at least one; found none/],
    [
      "weights that are all 0",
      () =>
        variantOf("distilbert", "huggingface").compute(inputsOf(engine, {}), {
          alpha_ce: 0,
          alpha_mlm: 0,
          alpha_cos: 0,
        }),
      /an alpha other than 0/,
    ],
  ])("%s", (_, work, message) => {
    expect(work).toThrow(message);
  });
});
