/** What definitions say that they need is true: with it alone they run, and all that is trained gets a gradient. */
import { describe, expect, it } from "vitest";
import { backward } from "../../nn/tensor/backward.ts";
import type { Engine } from "../../nn/tensor/engine.ts";
import { checker, randomParameter } from "../../nn/tensor/gradient-check.fixture.ts";
import { type Shape, sizeOf } from "../../nn/tensor/shapes.ts";
import type { Tensor } from "../../nn/tensor/tensor.ts";
import { randomStream } from "../../random.ts";
import { connectionFor } from "./connect.ts";
import { fusionFor } from "./fusion.ts";
import type { LossNeeds, LossPart, Taken } from "./loss.ts";
import { inputsOf } from "./loss-inputs.fixture.ts";
import { losses } from "./registry.ts";

const rows: Shape = [4, 5];
const maps: Shape = [3, 4, 4, 4];

/** Shapes of both sides that differ in all that a definition allows. */
function shapesFor({ takes, alike }: LossNeeds): readonly [Shape, Shape] {
  const other = (name: LossNeeds["alike"][number], own: number, else_: number): number =>
    alike.includes(name) ? own : else_;
  if (takes === "rows") return [rows, [4, other("features", 5, 7)]];
  if (takes === "states")
    return [
      [3, 4, 6],
      [3, 4, other("features", 6, 5)],
    ];
  return [maps, [3, other("channels", 4, 5), other("height", 4, 2), other("width", 4, 2)]];
}

const listed: readonly Taken[] = ["maps", "states"];

/** A part with the numbers that it starts with. */
function started(engine: Engine, { shape, start, spread }: LossPart): Tensor {
  const random = randomStream(3);
  return engine.parameter(
    shape,
    Array.from({ length: sizeOf(shape) }, () => start + spread * (2 * random() - 1)),
  );
}

/** Inputs of `needs`, all parts with their starts. */
function inputsFor(engine: Engine, needs: LossNeeds) {
  const [student, teacher] = shapesFor(needs);
  const sides = Object.entries({ student, teacher }).flatMap(
    ([side, shape], s): readonly (readonly [string, Tensor])[] =>
      listed.includes(needs.takes)
        ? [0, 1].map((i) => [`${side}.${i}`, randomParameter(engine, shape, 2 * s + i)])
        : [[side, randomParameter(engine, shape, s)]],
  );
  const trained = (needs.parts?.(student, teacher) ?? []).map(
    (part) => [part.name, started(engine, part)] as const,
  );
  return { sides: Object.fromEntries(sides), parts: Object.fromEntries(trained) };
}

/** What stands for the constants that some definitions take besides. */
const constants = (engine: Engine): Readonly<Record<string, Tensor | readonly number[]>> => ({
  bn_weight: engine.tensor([4], 1),
  bn_bias: engine.tensor([4], [0, 0.5, -0.5, 1]),
  log_variance: engine.tensor([4, 5], 0),
  student_logits: randomParameter(engine, [4, 3], 5),
  teacher_logits: randomParameter(engine, [4, 3], 6),
  idx: [0, 1, 2, 3],
  contrast_idx: [0, 4, 1, 5, 2, 4, 3, 5],
  "contrast.memory_v1": randomParameter(engine, [6, 128], 7),
  "contrast.memory_v2": randomParameter(engine, [6, 128], 8),
});

const withNeeds = losses.flatMap(({ id, variants }) =>
  Object.entries(variants).flatMap(([name, variant]) => (variant.needs ? [{ id, name, variant }] : [])),
);

describe("features behind ReLU", () => {
  it.each(withNeeds)(
    "leave $id $name finite: dead channels, an example of zeros, two that are equal",
    ({ variant }) => {
      const engine = checker({ target: "js" });
      const { sides, parts } = inputsFor(engine, variant.needs as LossNeeds);
      for (const { shape, size, values } of Object.values(sides)) {
        const width = size / (shape[0] as number);
        for (let i = 0; i < size; i++) values[i] = Math.max(0, values[i] as number);
        for (let i = 0; i < size; i += width) values.fill(0, i, i + width / (shape[1] as number));
        values.copyWithin(width, 2 * width, 3 * width);
        values.fill(0, 0, width);
      }
      const { loss } = variant.compute(inputsOf(engine, { ...constants(engine), ...sides, ...parts }), {});
      backward(loss);
      expect(Number.isFinite(loss.item())).toBe(true);
      for (const [name, { gradient }] of Object.entries({ ...sides, ...parts }))
        if (!name.startsWith("teacher")) expect(gradient?.values.every(Number.isFinite), name).toBe(true);
    },
  );
});

/** Features of two networks that agree in nothing but the batch. */
const unlike: readonly [Shape, Shape] = [
  [4, 3, 4, 4],
  [4, 5, 2, 6],
];
const connectable = withNeeds.filter(
  ({ name, variant }) =>
    variant.needs?.takes !== "states" &&
    // Predictions have the classes of the task, and this regressor does not reach every size.
    variant.needs?.takes !== "logits" &&
    name !== "mdistiller-regressor" &&
    !variant.needs?.also,
);

describe("connections", () => {
  it.each(connectable)("make any two maps fit for $id $name", ({ variant }) => {
    const engine = checker({ target: "js" });
    const needs = variant.needs as LossNeeds;
    const count = needs.takes === "maps" ? 2 : 1;
    const name = (side: string, i: number): string => (needs.takes === "maps" ? `${side}.${i}` : side);
    const trained: Record<string, Tensor> = {};
    const given: Record<string, Tensor> = {};
    for (let i = 0; i < count; i++) {
      const [student, teacher] = unlike.map((shape, s) => randomParameter(engine, shape, 2 * s + i)) as [
        Tensor,
        Tensor,
      ];
      const way = connectionFor(needs, ...unlike, `connect.${i}`);
      for (const part of [...way.parts, ...(needs.parts?.(way.student, way.teacher) ?? [])])
        trained[part.name] = started(engine, part);
      const ends = way.connect(student, teacher, (part) => trained[part] as Tensor);
      expect([ends.student.shape, ends.teacher.shape]).toEqual([way.student, way.teacher]);
      const predicted = Object.fromEntries((needs.predicted ?? []).map((each) => [each, ends[each]]));
      Object.assign(given, predicted, {
        [name("student", i)]: ends.student,
        [name("teacher", i)]: ends.teacher,
      });
    }
    const { loss } = variant.compute(inputsOf(engine, { ...constants(engine), ...given, ...trained }), {});
    backward(loss);
    expect(loss.item()).not.toBeNaN();
    for (const [part, tensor] of Object.entries(trained))
      expect(
        tensor.gradient?.values.some((x) => x !== 0 && Number.isFinite(x)),
        part,
      ).toBe(true);
  });

  it("of several maps fuse each with the deeper ones, and train all that is between", () => {
    const engine = checker({ target: "js" });
    const students: Shape[] = [
      [3, 2, 8, 8],
      [3, 4, 4, 4],
    ];
    const teachers: Shape[] = [
      [3, 5, 8, 8],
      [3, 6, 2, 2],
    ];
    const { parts, fuse } = fusionFor(students, teachers);
    const trained = Object.fromEntries(parts.map((part) => [part.name, started(engine, part)]));
    const maps = students.map((shape, i) => randomParameter(engine, shape, i));
    const fused = fuse(maps, (name) => trained[name] as Tensor);
    expect(fused.map(({ shape }) => shape)).toEqual(teachers);
    const given = teachers.flatMap((shape, i) => [
      [`student.${i}`, fused[i] as Tensor] as const,
      [`teacher.${i}`, randomParameter(engine, shape, 7 + i)] as const,
    ]);
    const review = withNeeds.find(({ variant }) => variant.needs?.fused)?.variant;
    backward(review?.compute(inputsOf(engine, Object.fromEntries(given)), {}).loss as Tensor);
    for (const [name, { gradient }] of Object.entries({ ...trained, ...Object.fromEntries(maps.entries()) }))
      expect(
        gradient?.values.some((x) => x !== 0),
        name,
      ).toBe(true);
  });

  it("train nothing where sides agree", () => {
    const needs: LossNeeds = { takes: "map", alike: ["channels", "height", "width"] };
    expect(connectionFor(needs, maps, maps).parts).toEqual([]);
  });
});

describe("needs", () => {
  it.each(withNeeds)("of $id $name are enough, and every part gets a gradient", ({ variant }) => {
    const engine = checker({ target: "js" });
    const { sides, parts } = inputsFor(engine, variant.needs as LossNeeds);
    const { loss } = variant.compute(inputsOf(engine, { ...constants(engine), ...sides, ...parts }), {});
    backward(loss);
    expect(loss.item()).not.toBeNaN();
    for (const [name, tensor] of Object.entries({ ...sides, ...parts })) {
      if (name.startsWith("teacher")) continue;
      expect(tensor.gradient?.values.every(Number.isFinite), name).toBe(true);
      // Batch normalisation takes off what a bias before it adds.
      if (name !== "conv.bias")
        expect(
          tensor.gradient?.values.some((x) => x !== 0),
          name,
        ).toBe(true);
    }
  });
});
