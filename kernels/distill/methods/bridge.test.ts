/** Bridges on a pair of small convolutional networks: all that is trained learns, and what is kept comes back. */
import { describe, expect, it, vi } from "vitest";
import { backward } from "../../nn/tensor/backward.ts";
import { Engine } from "../../nn/tensor/engine.ts";
import { batchOf } from "../../nn/train/examples.ts";
import { labelSeed, randomStream } from "../../random.ts";
import { losses } from "../losses/registry.ts";
import { studyExamples } from "../studies/examples.ts";
import { featureMethods } from "./by-features.ts";
import { type Classroom, classroomOf, type Lesson } from "./classroom.ts";
import { keeperOf } from "./memory.ts";
import type { NetworkSpec } from "./network.ts";
import { teacherOf } from "./teacher.ts";

vi.setConfig({ testTimeout: 60_000 });

const random = (label: string) => randomStream(labelSeed(5, label));
const engine = new Engine({ target: "wasm", arithmetic: "strict", bytes: 2 ** 26 });
const data = studyExamples({ set: "digits" }, { examples: 64, held: 20 }, random);
const spec = (filters: readonly number[]): NetworkSpec => ({ kind: "cnn", filters });

function room(): Classroom {
  const options = {
    ...{ engine, seed: 1, shared: new Map(), epochs: 1, batch: 32, rate: 1e-2, random, others: {} },
    ...{ ...data, student: spec([4, 8]) },
  };
  const network = classroomOf({ ...options, teachers: [] }).network(spec([6, 10]), "teacher");
  return classroomOf({ ...options, teachers: [teacherOf(engine, network, data)] });
}

/** The lesson that a method would give, which is not held. */
async function lessonOf(id: string): Promise<Lesson> {
  const lessons: Lesson[] = [];
  const method = featureMethods.find((each) => each.id === id);
  await method?.train(
    {
      ...room(),
      async fit(lesson) {
        lessons.push(lesson as unknown as Lesson);
        return {};
      },
    },
    {},
  );
  return lessons[0] as Lesson;
}

describe("bridges", () => {
  it.each(featureMethods.map(({ id }) => [id]))(
    "of %s give a gradient to all that is trained, student and parts",
    async (id) => {
      await engine.estate(async () => {
        const { networks, parts = {}, loss } = await lessonOf(id);
        const { student } = networks;
        engine.scope(() => {
          const batch = batchOf(engine, data.shown, [...Array(32).keys()]);
          // A late step, as some weights rise from 0.
          const value = loss(
            { student: student?.trace(batch.inputs, { training: true }) } as never,
            batch,
            1e6,
          );
          expect(Number.isFinite(value.item())).toBe(true);
          backward(value);
        });
        for (const [name, layer] of Object.entries({ student, ...parts }))
          for (const [own, { gradient }] of Object.entries(layer?.parameters ?? {})) {
            expect(gradient?.values.every(Number.isFinite), `${name} ${own}`).toBe(true);
            expect(
              gradient?.values.some((x) => x !== 0),
              `${name} ${own}`,
            ).toBe(true);
          }
      });
    },
  );
});

describe("what a loss keeps", () => {
  const memory = losses.find(({ id }) => id === "crd")?.variants.repdistiller?.needs?.memory;
  const batch = batchOf(engine, data.shown, [3, 9]);

  it("is what it reported, however the engine frees it", () => {
    if (!memory) throw new RangeError("expected crd to have a memory");
    const keeper = keeperOf(room(), memory, "here");
    const first = keeper.inputs(batch);
    expect(Object.keys(first).sort()).toEqual([
      "contrast.memory_v1",
      "contrast.memory_v2",
      "contrast_idx",
      "idx",
    ]);
    engine.scope(() => {
      const made = engine.tensor([64, 128], 0.25);
      keeper.keep({ mem_v1: made, mem_v2: made, Z_v1: engine.tensor([1], 7), Z_v2: engine.tensor([1], 8) });
    });
    const next = keeper.inputs(batch) as Record<string, { values: ArrayLike<number> }>;
    expect(next["contrast.memory_v1"]?.values[5]).toBe(0.25);
    expect([next.Z_v1?.values[0], next.Z_v2?.values[0]]).toEqual([7, 8]);
    expect(() => keeper.keep({})).toThrow(/reports mem_v1 as a tensor; found none/);
  });

  it("is held against examples of other classes, behind the example's own row", () => {
    const drawn = memory?.draws([3, 9], data.shown.labels, random("draws")) ?? {};
    const columns = (drawn.contrast_idx?.length ?? 0) / 2;
    expect(drawn.idx).toEqual([3, 9]);
    for (const [i, row] of [3, 9].entries()) {
      const [own, ...others] = drawn.contrast_idx?.slice(i * columns, (i + 1) * columns) ?? [];
      expect(own).toBe(row);
      for (const other of others) expect(data.shown.labels[other]).not.toBe(data.shown.labels[row]);
    }
    expect(() => memory?.draws([0], [4, 4], Math.random)).toThrow(/several classes.*class 4 alone/);
  });
});
