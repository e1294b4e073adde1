import { describe, expect, it } from "vitest";
import type { Candidate, Cell, Settings } from "../experiment.ts";
import { type BenchEvent, type BenchOptions, createBench } from "./bench.ts";
import { Stopped } from "./sampler.ts";

const settings: Settings = { profile: "quick", seed: 42, targets: ["js", "wasm"] };
const ref = (variant: string) => ({ variant, target: "js" }) as const;
const cell: Cell = { workload: "8x8x8", variants: [ref("slow"), ref("fast"), ref("other")], seconds: 1 };

function bench(options: Partial<Pick<BenchOptions, "excluded" | "stopping" | "trainings">> = {}) {
  const events: BenchEvent[] = [];
  const emit = (event: BenchEvent): void => void events.push(event);
  const made = createBench({ experiment: "x", cell, settings, excluded: [], emit, ...options });
  const measured = (metric: string) =>
    events.filter((event) => event.type === "measurement" && event.metric === metric);
  const failed = () => events.filter((event) => event.type === "failed");
  return { bench: made, events, measured, failed };
}

/** Real work, so that times are positive: sums so many square roots. */
function candidate(variant: string, terms: number, more: Partial<Candidate> = {}): Candidate {
  let sum = 0;
  const run = (): void => {
    for (let i = 0; i < terms; i++) sum += Math.sqrt(i);
    if (sum < 0) throw new Error("unreachable; keeps the sum alive");
  };
  return { ...ref(variant), run, flops: 2 * terms, ...more };
}

const few = { leastRounds: 6, mostRounds: 6 };

describe("compare", () => {
  it("stores a sample of each entrant for each round", async () => {
    const { bench: b, events } = bench();
    await b.compare([candidate("slow", 20_000), candidate("fast", 10_000)], { ...few, ceiling: false });
    const samples = events.filter((event) => event.type === "sample");
    expect(samples).toHaveLength(12);
    expect(new Set(samples.map(({ round }) => round)).size).toBe(6);
  });

  it("records time, throughput and share of peak, and one speed-up over the first", async () => {
    const { bench: b, measured } = bench();
    await b.compare([candidate("slow", 40_000), candidate("fast", 10_000)], few);
    expect(measured("time")).toHaveLength(3);
    expect(measured("throughput")).toHaveLength(3);
    expect(measured("peak-fraction").map((m) => m.type === "measurement" && m.variant)).toEqual([
      "slow",
      "fast",
    ]);
    const [speedUp, ...others] = measured("speed-up");
    expect(others).toEqual([]);
    expect(speedUp).toMatchObject({ ...ref("fast"), against: ref("slow"), n: 6, unit: "x", kind: "timed" });
  });

  it("measures the stream only where a candidate says what it moves", async () => {
    const { bench: b, measured } = bench();
    await b.compare([candidate("slow", 20_000, { bytes: 80_000 })], few);
    expect(measured("bandwidth").map((m) => m.type === "measurement" && m.variant)).toEqual([
      "slow",
      "peak-stream",
    ]);
  });

  it("records the speed-ups of further pairs", async () => {
    const { bench: b, measured } = bench();
    const three = [candidate("slow", 9000), candidate("fast", 6000), candidate("other", 3000)];
    await b.compare(three, { ...few, ceiling: false, pairs: [[ref("other"), ref("fast")]] });
    const found = measured("speed-up").map(
      (m) => m.type === "measurement" && [m.variant, m.against?.variant],
    );
    expect(found).toEqual([
      ["fast", "slow"],
      ["other", "slow"],
      ["other", "fast"],
    ]);
  });

  it("does not time a candidate that disagrees with its reference", async () => {
    const { bench: b, failed, measured } = bench();
    const wrong = candidate("fast", 1000, { check: () => "off by 3 at (0, 1)" });
    const right = candidate("slow", 1000, { check: () => null });
    await b.compare([wrong, right], { ...few, ceiling: false });
    expect(failed()).toMatchObject([{ ...ref("fast"), reason: "wrong", message: "off by 3 at (0, 1)" }]);
    expect(measured("time")).toMatchObject([{ ...ref("slow"), correct: true }]);
  });

  it("waits for a check that takes its time, and for a reason to refuse", async () => {
    const { bench: b, failed, measured } = bench();
    const wrong = candidate("fast", 1000, { check: async () => "off by 3 at (0, 1)" });
    const absent = candidate("other", 1000, { check: () => Promise.reject(new Error("not installed")) });
    const right = candidate("slow", 1000, { check: async () => null });
    await b.compare([wrong, absent, right], { ...few, ceiling: false });
    expect(failed()).toMatchObject([
      { ...ref("fast"), reason: "wrong", message: "off by 3 at (0, 1)" },
      { ...ref("other"), reason: "error", message: "not installed" },
    ]);
    expect(measured("time")).toMatchObject([{ ...ref("slow"), correct: true }]);
  });

  it("records a candidate that throws as failed and times the others", async () => {
    const { bench: b, failed, measured } = bench();
    const throwing = candidate("fast", 1000, {
      run: () => {
        throw new Error("no memory");
      },
    });
    await b.compare([candidate("slow", 1000), throwing], { ...few, ceiling: false });
    expect(failed()).toMatchObject([{ ...ref("fast"), reason: "error", message: "no memory" }]);
    expect(measured("time")).toMatchObject([ref("slow")]);
  });

  it("names a candidate before its check, its warm-up and each of its samples", async () => {
    const { bench: b, events } = bench();
    await b.compare([candidate("slow", 1000, { check: () => null })], { ...few, ceiling: false });
    const named = events.filter((event) => event.type === "progress" && event.ref?.variant === "slow");
    const samples = events.filter((event) => event.type === "sample");
    expect(named.map((event) => event.type === "progress" && event.doing)).toEqual([
      "checking slow",
      "warming up slow",
      ...samples.map(() => "sampling"),
    ]);
  });

  it("ends by Stopped when asked to stop", async () => {
    const { bench: b } = bench({ stopping: () => true });
    await expect(b.compare([candidate("slow", 1000)], few)).rejects.toThrow(Stopped);
  });

  it("keeps its events plain, without the functions of a candidate", async () => {
    const { bench: b, events } = bench();
    await b.compare([candidate("slow", 1000), candidate("fast", 1000)], few);
    expect(structuredClone(events)).toEqual(events);
  });
});

describe("the rest of the bench", () => {
  it("leaves out variants that died before", () => {
    const { bench: b } = bench({ excluded: [ref("fast")] });
    expect(b.variants.map(({ variant }) => variant)).toEqual(["slow", "other"]);
  });

  it("gives the same numbers for the same seed and label, and others for another label", () => {
    const draw = (label: string): number[] => {
      const random = bench().bench.random(label);
      return [random(), random(), random()];
    };
    expect(draw("A")).toEqual(draw("A"));
    expect(draw("A")).not.toEqual(draw("B"));
  });

  it("records what was repeated with its interval over seeds, and every value", () => {
    const { events, bench: b } = bench();
    b.repeated(ref("slow"), "test-error", [0.3, 0.4, 0.5]);
    b.repeated(ref("slow"), "test-error-change", [-0.1, -0.1], ref("fast"));
    const [first, second] = events.filter((event) => event.type === "measurement");
    expect(first).toMatchObject({ kind: "exact", value: expect.closeTo(0.4, 12), n: 3, correct: null });
    expect(first?.low).toBeCloseTo(0.4 - (4.303 * 0.1) / Math.sqrt(3), 12);
    expect(second).toMatchObject({ value: -0.1, low: -0.1, high: -0.1, n: 2, against: ref("fast") });
    expect(events.filter((event) => event.type === "sample").map(({ value }) => value)).toEqual([
      0.3, 0.4, 0.5, -0.1, -0.1,
    ]);
  });

  it("cuts an interval over seeds where the metric ends, not where it may be negative", () => {
    const { events, bench: b } = bench();
    b.repeated(ref("slow"), "test-error", [0.01, 0.3]);
    b.repeated(ref("slow"), "test-error-change", [-0.01, 0.3]);
    const [error, change] = events.filter((event) => event.type === "measurement");
    expect(error).toMatchObject({ low: 0, high: 1 });
    expect(change?.low).toBeLessThan(-1);
  });

  it("records a training once, and one that throws as failed with its seed", async () => {
    const done = { ...ref("slow"), seed: 1, seconds: 2, figures: { "test-error": 0.1 }, curves: {} };
    const { events, bench: b } = bench({ trainings: [done] });
    const never = (): Promise<never> => expect.fail("trained again");
    expect(await b.training(ref("slow"), 1, never)).toBe(done);
    expect(events).toEqual([]);
    const came = { figures: { "test-error": 0.2 }, curves: { "test-error": [0.4, 0.2] } };
    expect(await b.training(ref("slow"), 2, async () => came)).toMatchObject({ ...came, seed: 2 });
    const broken = await b.training(ref("fast"), 2, () =>
      Promise.reject(new Error("step 7: the loss is NaN")),
    );
    expect(broken).toMatchObject({ figures: {}, failure: "step 7: the loss is NaN" });
    const odd = await b.training(ref("fast"), 3, async () => ({ figures: { happiness: 1 }, curves: {} }));
    expect(odd.failure).toMatch(/unknown metric/);
    expect(events.map(({ type }) => type)).toEqual(["training", "failed", "training", "failed", "training"]);
    expect(events[1]).toMatchObject({ ...ref("fast"), message: "seed 2: step 7: the loss is NaN" });
  });

  it("records an exact value with an interval of no width, and refuses a metric without definition", () => {
    const { bench: b, measured } = bench();
    b.exact(ref("slow"), "cache-misses", 12, true);
    expect(measured("cache-misses")).toMatchObject([{ value: 12, low: 12, high: 12, n: 1, kind: "exact" }]);
    expect(() => b.exact(ref("slow"), "happiness", 1)).toThrow(/unknown metric/);
  });
});
