/** What holds for every loss: rows that agree with documents, refusals that say why, and what a loss must not mind. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Engine } from "../../nn/tensor/engine.ts";
import { add } from "../../nn/tensor/functions/arithmetic.ts";
import { checker, checkGradients, randomParameter } from "../../nn/tensor/gradient-check.fixture.ts";
import type { Tensor } from "../../nn/tensor/tensor.ts";
import { inputsOf, variantOf } from "./loss-inputs.fixture.ts";
import { losses } from "./registry.ts";
import { lossTable } from "./table.ts";

/** Logits 6 x 5 of two networks, and labels. */
const labels = [0, 4, 2, 2, 1, 3];
const pair = (engine: Engine) => ({
  engine,
  student: randomParameter(engine, [6, 5], 1),
  teacher: randomParameter(engine, [6, 5], 2),
});

const lossOf = (
  id: string,
  name: string,
  { engine, student, teacher }: ReturnType<typeof pair>,
  params: unknown = {},
): number =>
  engine.scope(() =>
    variantOf(id, name).compute(inputsOf(engine, { student, teacher, labels }), params).loss.item(),
  );

describe("the registry", () => {
  it("is the table of README.md", () => {
    const readme = readFileSync(join(import.meta.dirname, "../README.md"), "utf8");
    expect(readme).toContain(lossTable(losses));
  });

  it("knows the defaults of parameters", () => {
    const [row] = losses.filter(({ id }) => id === "dkd");
    expect(row?.variants.mdistiller?.defaults).toEqual({ alpha: 1, beta: 8, T: 4 });
  });

  it("has each name once", () => {
    expect(new Set(losses.map(({ id }) => id)).size).toBe(losses.length);
  });
});

/** Losses that compare student and teacher alone: 0 where they agree. */
const comparisons = [
  ["mse_logits", "torch"],
  ["mse_logits", "textbrewer"],
  ["kd", "repdistiller"],
  ["dkd", "mdistiller"],
  ["dkd", "lskd-standardised"],
  ["dist", "dist_kd"],
  ["dist", "torchdistill"],
  ["logit_std", "lskd-kd"],
  ["mlkd", "class-correlation"],
  ["mlkd", "batch-correlation"],
  ["js", "formula"],
  ["skd", "direction-torchdistill"],
] as const;

describe.each(comparisons)("%s %s", (id, name) => {
  it("is 0 for a student that is its teacher, and more for any other", () => {
    const both = pair(checker());
    // DIST's epsilon of 1e-8 leaves that much of a quotient of 1.
    expect(Math.abs(lossOf(id, name, { ...both, teacher: both.student }, { T: 1 }))).toBeLessThan(1e-6);
    expect(lossOf(id, name, both, { T: 1 })).toBeGreaterThan(1e-3);
  });

  it("has the gradient of its differences", () => {
    const { engine, student, teacher } = pair(checker());
    checkGradients(
      [student, teacher],
      (s, t) =>
        variantOf(id, name).compute(
          inputsOf(engine, { student: s as Tensor, teacher: t as Tensor, labels }),
          // T^2 would only scale both sides.
          { T: 1 },
        ).loss,
    );
  });
});

describe("logits", () => {
  it.each(["repdistiller", "textbrewer-ce"])("moved by a constant are the same to kd %s", (name) => {
    const both = pair(checker());
    const moved = { ...both, student: both.engine.keep(add(both.student, 3)) };
    expect(lossOf("kd", name, moved)).toBeCloseTo(lossOf("kd", name, both), 12);
  });

  it("scaled are the same to logit standardisation", () => {
    const both = pair(checker());
    const scaled = { ...both, student: both.engine.keep(add(both.student, both.student)) };
    expect(lossOf("logit_std", "lskd-kd", scaled)).toBeCloseTo(lossOf("logit_std", "lskd-kd", both), 6);
  });

  it("so far apart that shares vanish leave every loss a number in f32", () => {
    const engine = checker({ element: "f32" });
    const student = engine.parameter([1, 3], [200, 0, -200]);
    const teacher = engine.parameter([1, 3], [-200, 0, 200]);
    for (const [id, name] of [
      ["kd", "repdistiller"],
      ["dkd", "mdistiller"],
      ["js", "formula"],
    ] as const) {
      const { loss } = variantOf(id, name).compute(inputsOf(engine, { student, teacher, labels: [1] }), {});
      expect(loss.item(), id).toBeLessThan(1e5);
    }
  });

  it("swapped have the same Jensen-Shannon divergence, at most log 2", () => {
    const both = pair(checker());
    const { student, teacher } = both;
    const value = lossOf("js", "formula", both);
    expect(lossOf("js", "formula", { ...both, student: teacher, teacher: student })).toBeCloseTo(value, 12);
    expect(value).toBeLessThan(Math.LN2);
  });

  it("decoupled with weights 1 and 1 - p_y are KD", () => {
    const engine = checker();
    const student = engine.parameter([1, 4], [1, -2, 0.5, 3]);
    const teacher = engine.parameter([1, 4], [0, Math.log(2), Math.log(3), Math.log(4)]);
    const inputs = inputsOf(engine, { student, teacher, labels: [3] });
    // The teacher gives the label 4 / 10 (Zhao et al. 2022, equation 7).
    const decoupled = variantOf("dkd", "mdistiller").compute(inputs, { T: 1, alpha: 1, beta: 0.6 });
    const { loss } = variantOf("kd", "mdistiller").compute(inputs, { T: 1 });
    expect(decoupled.loss.item()).toBeCloseTo(loss.item(), 12);
  });
});

describe("labels", () => {
  const refusal = (id: string, given: readonly number[], params: unknown = {}) => {
    const { engine, student } = pair(checker());
    return () => variantOf(id, "torch").compute(inputsOf(engine, { student, labels: given }), params);
  };

  it.each<[string, () => unknown, RegExp]>([
    ["of which none counts", refusal("ce", Array(6).fill(-100)), /at least one row; found none/],
    ["of other rows", refusal("ce", [1, 2]), /expected 6 labels.*found 2/],
    ["that are no class", refusal("ce", [0, 1, 2, 3, 4, 5]), /0 to 4; found 5 at 5/],
    ["smoothed by more than all", refusal("label_smoothing", labels, { eps: 2 }), /params\.eps: /],
    ["added up in an unknown way", refusal("ce", labels, { reduction: "max" }), /params\.reduction: /],
  ])("%s are refused", (_, work, message) => {
    expect(work).toThrow(message);
  });

  it("that are ignored change nothing", () => {
    const engine = checker();
    const student = randomParameter(engine, [3, 4], 5);
    const whole = variantOf("ce", "torch").compute(inputsOf(engine, { student, labels: [1, -100, 3] }), {});
    const rows = engine.parameter([2, 4], [...student.values.slice(0, 4), ...student.values.slice(8)]);
    const part = variantOf("ce", "torch").compute(inputsOf(engine, { student: rows, labels: [1, 3] }), {});
    expect(whole.loss.item()).toBeCloseTo(part.loss.item(), 13);
  });
});

describe("refusals", () => {
  it("asks for the number of items that dynamic weights need", () => {
    const engine = checker();
    const scores = randomParameter(engine, [2, 3], 1);
    const inputs = inputsOf(engine, {
      targets: scores,
      negatives: scores,
      candidates: scores,
      dynamics: scores,
    });
    expect(() => variantOf("rank_distill", "author").compute(inputs, {})).toThrow(/num_items: .*nothing/);
  });

  it("says that rows come in groups of four", () => {
    const engine = checker();
    const rows = randomParameter(engine, [6, 3], 1);
    const inputs = inputsOf(engine, {
      student_logits: rows,
      teacher_logits: rows,
      student_ss: rows,
      teacher_ss: rows,
      labels: [0],
    });
    expect(() => variantOf("sskd", "torchdistill").compute(inputs, {})).toThrow(/groups of 4.*6 rows/);
  });
});
