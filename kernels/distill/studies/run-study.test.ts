/** The frame of studies: the same figures again, going on after the last training, and trainings that go wrong. */
import { describe, expect, it, vi } from "vitest";
import type { FinishedTraining, Measurement, Settings } from "../../experiment.ts";
import { type BenchEvent, createBench } from "../../measure/bench.ts";
import { studyProcedure } from "./run-study.ts";
import { baselines, type StudySpec, studyPlan } from "./study.ts";

vi.setConfig({ testTimeout: 120_000 });

const size = { seeds: 2, examples: 96, held: 60, epochs: 2, seconds: 1 };
const spec: StudySpec = {
  data: { set: "digits" },
  teacher: { kind: "mlp", hidden: [12] },
  student: { kind: "mlp", hidden: [4] },
  entries: [
    ...baselines,
    { variant: "few", method: "plain", share: 0.25 },
    { variant: "diverging", method: "loss-mse_logits", params: { weight: 1e39 } },
  ],
  sizes: { quick: size, standard: size, full: size },
};
const settings: Settings = { profile: "quick", seed: 3, targets: ["wasm"] };

async function eventsOf(trainings: readonly FinishedTraining[] = []): Promise<readonly BenchEvent[]> {
  const events: BenchEvent[] = [];
  const [cell] = studyPlan(spec)(settings);
  if (!cell) throw new Error("no plan");
  const emit = (event: BenchEvent): void => void events.push(event);
  const bench = createBench({ experiment: "made-up", cell, settings, excluded: [], trainings, emit });
  await studyProcedure(spec).run(cell, bench);
  return events;
}

const trainingsIn = (events: readonly BenchEvent[]) => events.filter((event) => event.type === "training");
const exact = (events: readonly BenchEvent[]): Measurement[] =>
  events.filter((event) => event.type === "measurement").filter(({ kind }) => kind === "exact");

describe("a study", () => {
  const first = eventsOf();

  it("trains its teacher once and every entry with every seed, with curves", async () => {
    const made = trainingsIn(await first).map(({ variant, seed }) => `${variant} ${seed}`);
    const each = (seed: number) => ["plain", "kd", "few", "diverging"].map((variant) => `${variant} ${seed}`);
    expect(made).toEqual(["teacher 3", ...each(3), ...each(4)]);
    for (const { figures, curves, failure } of trainingsIn(await first)) {
      if (failure) continue;
      expect(curves["test-error"]?.at(-1)).toBe(figures["test-error"]);
      expect(curves["test-error"]?.length).toBe(curves["training-loss"]?.length);
    }
  });

  it("gives the same bits again", async () => {
    expect(exact(await eventsOf())).toEqual(exact(await first));
  });

  it("goes on after the last training that was finished, and ends alike", async () => {
    for (const kept of [0, 1, 3, 7]) {
      const before = trainingsIn(await first).slice(0, kept);
      const rest = await eventsOf(before);
      expect(trainingsIn(rest)).toHaveLength(9 - kept);
      expect(exact(rest)).toEqual(exact(await first));
    }
  });

  it("gives up a training whose loss is no number, says where, and trains the others", async () => {
    const events = await first;
    const failed = events.filter((event) => event.type === "failed");
    expect(failed.map(({ variant }) => variant)).toEqual(["diverging", "diverging"]);
    expect(failed[0]?.message).toMatch(/^seed 3: step \d+: the loss is (NaN|Infinity)/);
    expect(exact(events).some(({ variant }) => variant === "diverging")).toBe(false);
    expect(exact(events).filter(({ metric }) => metric === "test-error")).toHaveLength(4);
  });

  it("pairs seeds: the mean change is the difference of the means", async () => {
    const events = exact(await first);
    const of = (variant: string, metric: string) =>
      events.find((m) => m.variant === variant && m.metric === metric)?.value as number;
    const change = of("kd", "test-error") - of("plain", "test-error");
    expect(of("kd", "test-error-change")).toBeCloseTo(change, 12);
  });
});
