/** Methods against one another: where a weight takes a method back to plain training, the bits must be those of plain. */
import { describe, expect, it, vi } from "vitest";
import { Engine } from "../../nn/tensor/engine.ts";
import { errorOf } from "../../nn/train/train.ts";
import { labelSeed, randomStream } from "../../random.ts";
import { onlyClasses, studyExamples } from "../studies/examples.ts";
import { featureMethods } from "./by-features.ts";
import { lossMethods } from "./by-loss.ts";
import { type Classroom, classroomOf } from "./classroom.ts";
import type { NetworkSpec } from "./network.ts";
import { onLabels } from "./plain.ts";
import { methodCalled, methods } from "./registry.ts";
import { churn } from "./retraining.ts";
import { averaged, type Teacher, teacherOf } from "./teacher.ts";

// Hundreds of steps each, on a machine that may have other work.
vi.setConfig({ testTimeout: 120_000 });

const random = (label: string) => randomStream(labelSeed(5, label));
const engine = new Engine({ target: "wasm", arithmetic: "strict", bytes: 2 ** 26 });
const data = studyExamples({ set: "digits" }, { examples: 160, held: 100 }, random);
const small: NetworkSpec = { kind: "mlp", hidden: [10] };
const large: NetworkSpec = { kind: "cnn", filters: [4, 8] };
const taughtBy: NetworkSpec = { kind: "mlp", hidden: [24] };

function roomWith(teachers: readonly Teacher[], student = small): Classroom {
  return classroomOf({
    ...{ engine, seed: 1, teachers, shared: new Map(), epochs: 8, batch: 32, rate: 1e-2, random, student },
    ...{ ...data, others: { assistant: { kind: "mlp", hidden: [9] }, teacher: large } },
  });
}

async function taught(count: number, spec: NetworkSpec): Promise<readonly Teacher[]> {
  const room = roomWith([], spec);
  const made: Teacher[] = [];
  for (let i = 0; i < count; i++) {
    const network = room.network(spec, `teacher ${i}`);
    await onLabels(room, network);
    made.push(teacherOf(engine, network, data));
  }
  return made;
}
const faculty = taught(5, taughtBy);
/** For losses on maps. */
const convolutional = taught(1, { kind: "cnn", filters: [6, 10] });
const onFeatures = new Set(featureMethods.map(({ id }) => id));

async function made(id: string, params?: object, student = onFeatures.has(id) ? large : small) {
  const method = methodCalled(id);
  // Both are there before the estate is opened that takes back what a training has made.
  const [dense, maps] = [await faculty, await convolutional];
  const teachers = (onFeatures.has(id) ? maps : dense).slice(0, method.teachers(params));
  return engine.estate(() => method.train(roomWith(teachers, student), params));
}

const heldOf = async (...args: Parameters<typeof made>): Promise<Float32Array> => (await made(...args)).held;

describe("every method", () => {
  it.each(methods.map(({ id }) => [id]))("%s lowers its loss, and answers every held example", async (id) => {
    const { curves, held } = await made(id);
    const losses = curves["training-loss"] ?? [1, 0];
    expect(losses.at(-1)).toBeLessThan(losses[0] as number);
    expect(held).toHaveLength(100 * 10);
    expect(held.every(Number.isFinite)).toBe(true);
  });

  it.each([
    ["kd", { alpha: 1 }],
    ["teacher-assistant", { alpha: 1 }],
    ["self-distillation", { alpha: 1 }],
    ["ensemble-kd", { alpha: 1, members: 2 }],
    ["several-teachers", { alpha: 1 }],
    ["codistillation", { weight: 0 }],
    ...lossMethods.map(({ id }) => [id, { hard: 1, weight: 0 }] as const),
  ] as const)("%s with %j is training on labels, bit for bit", async (id, params) => {
    expect(await heldOf(id, params)).toEqual(await heldOf("plain"));
  });

  it("differs from training on labels with its own defaults", async () => {
    const [dense, maps] = [await heldOf("plain"), await heldOf("plain", {}, large)];
    for (const { id } of methods)
      if (id !== "plain" && id !== "retraining")
        expect(await heldOf(id), id).not.toEqual(onFeatures.has(id) ? maps : dense);
  });

  it.each([...onFeatures].map((id) => [id]))(
    "%s without weight is training on labels, bit for bit",
    async (id) => {
      expect(await heldOf(id, { weight: 0 })).toEqual(await heldOf("plain", {}, large));
    },
  );

  it("refuses to compare maps that a network has not", async () => {
    await expect(heldOf("loss-at", {}, small)).rejects.toThrow(/maps on both sides; found none/);
  });

  it("tells two trainings apart, and finds none between a training and itself", async () => {
    const { figures, held } = await made("retraining");
    expect(figures?.churn).toBeGreaterThan(0.001);
    expect(churn(held, held, 10)).toBe(0);
  });

  it("trains convolutional students too", async () => {
    for (const id of ["kd", "mutual"])
      expect(errorOf(await heldOf(id, {}, large), data.held)).toBeLessThan(0.8);
  });

  it("refuses parameters that make no sense, by name", async () => {
    await expect(heldOf("kd", { T: 0 })).rejects.toThrow(/kd: parameter T/);
    await expect(heldOf("mutual", { peer: "nobody" })).rejects.toThrow(
      /expected the study to have a network nobody/,
    );
    expect(() => methodCalled("magic")).toThrow(/expected a method of plain, kd.*; found magic/);
  });
});

describe("answers together", () => {
  it("are the mean of probabilities", () => {
    const logits = averaged([Float32Array.of(Math.log(3), 0), Float32Array.of(0, 0)], 2);
    const sums = [Math.exp(logits[0] as number), Math.exp(logits[1] as number)];
    expect(sums[0]).toBeCloseTo((0.75 + 0.5) / 2, 6);
    expect(sums[1]).toBeCloseTo((0.25 + 0.5) / 2, 6);
  });
});

describe("examples", () => {
  it("of some classes are numbered anew", () => {
    const three = onlyClasses(data.shown, [3, 5, 8], 20);
    expect(three.classes).toBe(3);
    expect(three.labels).toHaveLength(20);
    expect(new Set(Array.from(three.labels))).toEqual(new Set([0, 1, 2]));
    expect(three.inputs).toHaveLength(20 * 256);
  });

  it("with noise differ in about that share of labels, and in the shown ones alone", () => {
    const noisy = studyExamples({ set: "digits", labelNoise: 0.3 }, { examples: 1000, held: 100 }, random);
    const clean = studyExamples({ set: "digits" }, { examples: 1000, held: 100 }, random);
    const changed = Array.from(noisy.shown.labels).filter((label, i) => label !== clean.shown.labels[i]);
    // A drawn label is the true one once in ten.
    expect(changed.length / 1000).toBeGreaterThan(0.2);
    expect(changed.length / 1000).toBeLessThan(0.34);
    expect(noisy.held).toEqual(clean.held);
  });
});
