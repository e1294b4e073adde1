/** Losses between layers: 0 where both agree, what each must not mind, gradients, and refusals. */
import { describe, expect, it } from "vitest";
import type { Engine } from "../../nn/tensor/engine.ts";
import { mul } from "../../nn/tensor/functions/arithmetic.ts";
import { permute } from "../../nn/tensor/functions/move.ts";
import { checker, checkGradients, randomParameter } from "../../nn/tensor/gradient-check.fixture.ts";
import type { Shape } from "../../nn/tensor/shapes.ts";
import type { Tensor } from "../../nn/tensor/tensor.ts";
import { inputsOf, variantOf } from "./loss-inputs.fixture.ts";
import { expectedNegative } from "./ofd.ts";

const rows: Shape = [4, 5];
const maps: Shape = [2, 3, 4, 4];

const lossOf = (
  engine: Engine,
  [id, name]: readonly [string, string],
  given: Readonly<Record<string, Tensor | readonly number[]>>,
  params: unknown = {},
): Tensor => variantOf(id, name).compute(inputsOf(engine, given), params).loss;

/** Losses that compare student and teacher alone, the shape of either, and parameters for which all of it shows. */
const comparisons: readonly (readonly [string, string, Shape, params?: unknown])[] = [
  ["fitnet", "repdistiller", maps],
  ["at", "repdistiller", maps, { p: 3 }],
  ["at", "torchdistill-paper", maps],
  ["at", "torchdistill-code", maps],
  ["ft", "repdistiller", maps],
  ["ft", "repdistiller", maps, { p1: 3, p2: 4 }],
  ["ft", "torchdistill", rows],
  ["ft", "torchdistill", rows, { p: 3 }],
  ["kta", "translation", rows, { p: 1.5, q: 3 }],
  ["kta", "affinity", maps],
  ["nst", "repdistiller", maps],
  ["sp", "repdistiller", rows],
  ["sp", "torchdistill-l1", rows],
  ["cc", "repdistiller-neighbour", rows],
  ["cc", "torchdistill-bilinear", rows],
  ["cc", "torchdistill-gaussian", rows, { gamma: 0.1, max_p: 4 }],
  ["rkd", "repdistiller", rows],
  ["rkd", "torchdistill", rows, { reduction: "sum" }],
  ["pkt", "torchdistill", rows, { eps: 1e-3 }],
  ["ickd", "torchdistill", maps],
  ["reviewkd", "hcl-torchdistill", maps, { output_sizes: [3, 2] }],
  ["structured_kd", "pixelwise-T", maps, { T: 2 }],
  ["structured_kd", "pairwise-fullgrad", maps, { pool_scale: 0.4 }],
  ["structured_kd", "cross-image-pairs", maps, { T: 0.5 }],
];

describe.each(comparisons.map(([id, name, shape, params]) => ({ id, name, shape, params })))(
  "$id $name of $shape with $params",
  ({ id, name, shape, params }) => {
    it("is 0 for a student that is its teacher, and more for any other", () => {
      const engine = checker();
      const [student, teacher] = [1, 2].map((seed) => randomParameter(engine, shape, seed)) as [
        Tensor,
        Tensor,
      ];
      const own = lossOf(engine, [id, name], { student, teacher: student }, params).item();
      expect(Math.abs(own)).toBeLessThan(1e-12);
      expect(lossOf(engine, [id, name], { student, teacher }, params).item()).toBeGreaterThan(1e-4);
    });

    it("has the gradient of its differences", () => {
      const engine = checker();
      const teacher = randomParameter(engine, shape, 2);
      checkGradients([randomParameter(engine, shape, 1)], (student) =>
        // Large sums of squares lose digits in their differences.
        mul(lossOf(engine, [id, name], { student: student as Tensor, teacher }, params), 0.01),
      );
    });
  },
);

describe("nothing changes", () => {
  const value = (
    [id, name]: readonly [string, string],
    shape: Shape,
    change: (student: Tensor) => Tensor,
  ): readonly [number, number] => {
    const engine = checker();
    const [student, teacher] = [1, 2].map((seed) => randomParameter(engine, shape, seed)) as [Tensor, Tensor];
    const changed = lossOf(engine, [id, name], { student: change(student), teacher }).item();
    return [changed, lossOf(engine, [id, name], { student, teacher }).item()];
  };
  const scaled = (x: Tensor): Tensor => mul(x, 3);
  const shuffled = (x: Tensor): Tensor => permute(x, [0, 1, 3, 2]);

  it.each<[string, string, Shape, (x: Tensor) => Tensor]>([
    ["at", "repdistiller", maps, scaled],
    ["ft", "torchdistill", rows, scaled],
    ["nst", "repdistiller", maps, scaled],
    ["sp", "repdistiller", rows, scaled],
    ["rkd", "repdistiller", rows, scaled],
    ["ickd", "torchdistill", maps, scaled],
    // Which position is which does not matter to what goes together over all of them.
    ["ickd", "torchdistill", maps, shuffled],
  ])("to %s %s when the student's features are scaled, or positions exchanged", (id, name, shape, change) => {
    const [changed, before] = value([id, name], shape, change);
    expect(changed).toBeCloseTo(before, 12);
  });

  it("to rkd when features are turned and moved", () => {
    const engine = checker();
    const teacher = randomParameter(engine, [5, 2], 2);
    const plane = randomParameter(engine, [5, 2], 1);
    const [cos, sin] = [Math.cos(0.7), Math.sin(0.7)];
    const turned = Array.from({ length: 5 }, (_, i) => {
      const [x, y] = [...plane.values.slice(2 * i, 2 * i + 2)] as [number, number];
      return [cos * x - sin * y + 3, sin * x + cos * y - 1];
    });
    const other = engine.parameter([5, 2], turned.flat());
    const before = lossOf(engine, ["rkd", "repdistiller"], { student: plane, teacher }).item();
    expect(lossOf(engine, ["rkd", "repdistiller"], { student: other, teacher }).item()).toBeCloseTo(
      before,
      10,
    );
  });
});

describe("boundaries", () => {
  it("cost nothing where the student is on the teacher's side by the margin", () => {
    const engine = checker();
    const teacher = engine.parameter([2, 2], [3, -2, 0.5, -0.1]);
    const student = engine.parameter([2, 2], [1.01, -1.5, 4, -1]);
    expect(lossOf(engine, ["ab", "torchdistill"], { student, teacher }).item()).toBe(0);
    student.values[0] = 0.9;
    // 0.1 below the margin, over a batch of 2.
    expect(lossOf(engine, ["ab", "torchdistill"], { student, teacher }).item()).toBeCloseTo(0.005, 12);
  });

  it("of the overhaul are the mean of a channel's negative values", () => {
    // By the trapezoid rule over the negative side.
    for (const [gamma, beta] of [
      [1, 0],
      [0.5, 1],
      [-2, -3],
      [1, 3],
    ] as const) {
      let [mass, moment] = [0, 0];
      const step = Math.abs(gamma) / 4000;
      for (let x = Math.min(beta, 0) - 12 * Math.abs(gamma); x < 0; x += step) {
        const density = Math.exp(-(((x - beta) / gamma) ** 2) / 2);
        mass += density;
        moment += density * x;
      }
      expect(expectedNegative(gamma, beta)).toBeCloseTo(moment / mass, 3);
    }
    expect(expectedNegative(2, 7)).toBe(-6);
    expect(expectedNegative(1, 100)).toBe(-3);
    expect(expectedNegative(1, -100)).toBeCloseTo(-100, 12);
  });
});

describe("singular vectors", () => {
  const engine = checker();
  const layers = (side: string, seed: number) => ({
    [`${side}.0`]: randomParameter(engine, [2, 3, 3, 3], seed),
    [`${side}.1`]: randomParameter(engine, [2, 4, 2, 2], seed + 1),
  });
  const compute = (given: Readonly<Record<string, Tensor>>) =>
    variantOf("kdsvd", "repdistiller").compute(inputsOf(engine, given), {});

  it("of a student that is its teacher are the teacher's", () => {
    const same = { ...layers("student", 3), ...layers("teacher", 3) };
    expect(compute(same).loss.item()).toBeLessThan(1e-20);
  });

  it("turn with those that are given", () => {
    const both = { ...layers("student", 3), ...layers("teacher", 7) };
    const found = compute(both);
    const vectors = found.outputs?.["teacher_v.0"] as Tensor;
    const other = compute({ ...both, "teacher_v.0": mul(vectors, -1) });
    const turned = other.outputs?.["teacher_v.0"] as Tensor;
    for (const [i, x] of turned.values.entries()) expect(x).toBe(-(vectors.values[i] as number));
    expect(other.loss.item()).not.toBeCloseTo(found.loss.item(), 6);
  });
});

describe("contrasts", () => {
  const engine = checker();
  const given = {
    student: randomParameter(engine, [2, 3], 1),
    teacher: randomParameter(engine, [2, 4], 2),
    "embed_s.linear.weight": randomParameter(engine, [5, 3], 3),
    "embed_s.linear.bias": randomParameter(engine, [5], 4),
    "embed_t.linear.weight": randomParameter(engine, [5, 4], 5),
    "embed_t.linear.bias": randomParameter(engine, [5], 6),
    "contrast.memory_v1": randomParameter(engine, [6, 5], 7),
    "contrast.memory_v2": randomParameter(engine, [6, 5], 8),
    idx: [1, 4],
    contrast_idx: [1, 0, 2, 4, 3, 5],
  };
  const compute = (more: Readonly<Record<string, Tensor | readonly number[]>> = {}) =>
    variantOf("crd", "repdistiller").compute(inputsOf(engine, { ...given, ...more }), {});

  const reported = (more: Readonly<Record<string, Tensor>>, name: string): Tensor =>
    compute(more).outputs?.[name] as Tensor;

  it("keep Z where it is given, and then have the gradient of the value", () => {
    const Z = { Z_v1: reported({}, "Z_v1"), Z_v2: reported({}, "Z_v2") };
    const moved = { ...Z, student: randomParameter(engine, [2, 3], 9) };
    expect(reported(moved, "Z_v1").item()).toBe(Z.Z_v1.item());
    checkGradients(
      [given.student, given["embed_s.linear.weight"]],
      (student, weight) =>
        compute({ ...Z, student: student as Tensor, "embed_s.linear.weight": weight as Tensor }).loss,
    );
  });

  it("move the rows of the batch alone, to a length of 1", () => {
    const memory = reported({}, "mem_v1").values;
    const before = given["contrast.memory_v1"].values;
    for (let row = 0; row < 6; row++) {
      const part = [...memory.slice(5 * row, 5 * row + 5)];
      const old = [...before.slice(5 * row, 5 * row + 5)];
      if (given.idx.includes(row)) expect(Math.hypot(...part)).toBeCloseTo(1, 12);
      else expect(part).toEqual(old);
    }
  });

  it("refuse rows for another batch", () => {
    expect(() => compute({ idx: [1] })).toThrow(/each of 2 examples; found \[6, 5\], 6 and 1/);
  });
});

describe("refused are", () => {
  const engine = checker();
  const random = (shape: Shape): Tensor => randomParameter(engine, shape, 1);
  const both = (shape: Shape) => ({ student: random(shape), teacher: random(shape) });

  it.each<[string, () => unknown, RegExp]>([
    ["rows for maps", () => lossOf(engine, ["nst", "repdistiller"], both(rows)), /channels.*\[4, 5\]/],
    ["single examples", () => lossOf(engine, ["rkd", "repdistiller"], both([1, 5])), /two examples; found 1/],
    [
      "single neighbours",
      () => lossOf(engine, ["cc", "repdistiller-neighbour"], both([1, 5])),
      /two examples.*\[1, 5\]/,
    ],
    [
      "maps that a regressor cannot reach",
      () =>
        lossOf(engine, ["fitnet", "mdistiller-regressor"], {
          student: random([2, 3, 3, 3]),
          teacher: random([2, 3, 4, 4]),
          "conv.weight": random([3, 3, 1, 1]),
        }),
      /half the teacher's height 4.*found 3/,
    ],
    [
      "lists of two lengths",
      () =>
        lossOf(engine, ["ab", "repdistiller"], {
          "student.0": random(maps),
          "teacher.0": random(maps),
          "teacher.1": random(maps),
        }),
      /of the student, 1; found 2/,
    ],
    [
      "flows of a single map",
      () => lossOf(engine, ["fsp", "repdistiller"], { "student.0": random(maps), "teacher.0": random(maps) }),
      /at least two; found 1 and 1/,
    ],
    [
      "flows of an odd one",
      () =>
        lossOf(
          engine,
          ["fsp", "torchdistill"],
          Object.fromEntries(
            ["student", "teacher"].flatMap((side) => [0, 1, 2].map((i) => [`${side}.${i}`, random(maps)])),
          ),
        ),
      /two by two; found 3/,
    ],
    ["powers of half", () => lossOf(engine, ["at", "repdistiller"], both(maps), { p: 0.5 }), /params\.p/],
  ])("%s", (_, work, message) => {
    expect(work).toThrow(message);
  });
});
