import { describe, expect, it } from "vitest";
import type { TuningDecision as Decision, TrialOutcome as Outcome } from "../experiment.ts";
import { budgetFor } from "./budget.ts";
import { usualCaches } from "./cost-model.ts";
import { bowl, evolution, madeUp, shape, space, wasm } from "./landscape.fixture.ts";
import type { Measure } from "./measure.ts";
import { type Point, pointName } from "./point.ts";
import { type SearchEvent, type SearchOptions, search, type Trial } from "./search.ts";
import { spaceOf } from "./space.ts";
import { everyPoint } from "./strategies/grid.ts";
import { strategies } from "./strategies/index.ts";

const budget = { seconds: 1000, trials: 96, batch: 12, reserve: () => 0 };
const plain = { space, strategy: evolution, seed: 3, caches: usualCaches, budget, now: () => 0 };

async function ran(options: Partial<SearchOptions> & Pick<SearchOptions, "measure">) {
  const events: SearchEvent[] = [];
  for await (const event of search({ ...plain, ...options })) events.push(event);
  const trials = events.flatMap((event) => (event.type === "tried" ? event.trials : []));
  const last = events.at(-1);
  return { events, trials, decision: last?.type === "decided" ? last.decision : undefined };
}

const bestTime = (trials: readonly Trial[], time: (plan: Point) => number): number =>
  Math.min(...trials.map(({ plan }) => time(plan)));

describe.each(strategies)("strategy $id", (strategy) => {
  it("finds the optimum of a small space whose times contradict the model", async () => {
    const small = spaceOf(wasm, "f32", { m: 12, n: 12, k: 12 });
    const time = (plan: Point): number =>
      0.5 + 0.1 * Math.abs(plan.mr - 3) + 0.1 * Math.log2(plan.unroll) + 0.01 * plan.nr;
    const best = Math.min(...[...everyPoint(small)].map(time));
    const { trials, decision } = await ran({
      space: small,
      strategy,
      budget: { ...budget, trials: 400 },
      measure: madeUp(time, 0, small).measure,
    });
    expect(bestTime(trials, time)).toBeCloseTo(best, 9);
    expect(decision?.adopted).not.toBeNull();
  });

  it("asks for no plan twice, and for as many as it may", async () => {
    const { trials } = await ran({ strategy, measure: madeUp(bowl).measure });
    const asked = trials.filter(({ stage }) => stage === "trials").map(({ id }) => id);
    expect(new Set(asked).size).toBe(96);
    expect(asked).toHaveLength(96);
    expect(asked).not.toContain(pointName(space.start));
  });

  it("asks for the same plans again with the same seed", async () => {
    const [one, two] = [madeUp(bowl, 0.05), madeUp(bowl, 0.05)];
    await ran({ strategy, measure: one.measure });
    await ran({ strategy, measure: two.measure });
    expect(two.asked).toEqual(one.asked);
  });

  it("comes to the same end when it is stopped in the middle and resumed", async () => {
    const whole = await ran({ strategy, measure: madeUp(bowl, 0.05).measure });
    for (const batches of [1, 5, 8, 9]) {
      const stopping = madeUp(bowl, 0.05);
      const measure: Measure = async (batch) =>
        stopping.asked.length === batches ? undefined : stopping.measure(batch);
      const part = await ran({ strategy, measure });
      expect(part.events.at(-1)).toEqual({ type: "stopped" });
      const rest = await ran({ strategy, measure: madeUp(bowl, 0.05).measure, history: part.trials });
      const tried = [...part.trials.filter(({ stage }) => stage === "trials"), ...rest.trials];
      expect(tried.map(({ id }) => id)).toEqual(whole.trials.map(({ id }) => id));
      expect(tried.map(({ predicted }) => predicted)).toEqual(whole.trials.map(({ predicted }) => predicted));
      expect(rest.decision).toEqual(whole.decision);
    }
  });
});

it("lets evolution come nearer to a hidden optimum than random draws do, on the average of six seeds", async () => {
  const mean = async (id: string): Promise<number> => {
    let sum = 0;
    for (let seed = 1; seed <= 6; seed++) {
      const strategy = strategies.find((row) => row.id === id) ?? evolution;
      const { trials } = await ran({ strategy, seed, measure: madeUp(bowl, 0.02).measure });
      sum += bestTime(trials, bowl) / 6;
    }
    return sum;
  };
  expect(await mean("evolution")).toBeLessThan(await mean("random"));
});

describe("the last word", () => {
  const decisionOn = async (final: (id: string) => Outcome): Promise<Decision | undefined> => {
    const { measure } = madeUp(bowl);
    const ended = await ran({
      measure: async (batch) =>
        batch.stage === "final" ? new Map(batch.plans.map((id) => [id, final(id)])) : measure(batch),
    });
    return ended.decision;
  };
  const ratio = (value: number, low: number, rounds = 15): Outcome => ({
    state: "measured",
    seconds: { value: 1, low: 1, high: 1 },
    speedUp: { value, low, high: value * 1.1 },
    rounds,
  });

  it("adopts a plan whose interval lies above 1 in fresh rounds", async () => {
    expect(await decisionOn(() => ratio(1.2, 1.1))).toMatchObject({
      adopted: expect.stringMatching(/^tuned-/),
    });
  });

  it.each([
    ["that was lucky before", ratio(1.01, 0.99)],
    ["that is exactly as fast", ratio(1, 1)],
    ["that is slower", ratio(0.8, 0.7)],
    ["with too few rounds", ratio(1.2, 1.1, 14)],
    ["that is wrong now", { state: "wrong", message: "12 elements differ" } as const],
  ])("never adopts a plan %s", async (_, outcome) => {
    const decision = await decisionOn(() => outcome);
    expect(decision?.adopted).toBeNull();
    expect(decision?.reason).toMatch(/not surely faster|failed \(wrong\): 12 elements/);
  });

  it("leaves the default where every plan is slower, without a last comparison", async () => {
    const { measure, asked } = madeUp((plan) => (pointName(plan) === pointName(space.start) ? 1 : 1.1));
    expect((await ran({ measure })).decision).toMatchObject({ adopted: null });
    expect(asked.some(({ stage }) => stage === "final")).toBe(false);
  });

  it("leaves the default where no plan can be measured", async () => {
    const measure: Measure = async ({ plans }) =>
      new Map(plans.map((id) => [id, { state: "crashed", message: "ended by SIGSEGV" }]));
    const { decision, trials } = await ran({ measure });
    expect(decision).toEqual({ adopted: null, reason: "no plan could be measured" });
    expect(trials).toHaveLength(96);
  });
});

it("goes on after a plan that crashes, and does not ask for it again", async () => {
  const { measure, asked } = madeUp(bowl);
  const crashing = new Set<string>();
  const { decision } = await ran({
    measure: async (batch) => {
      const outcomes = new Map(await measure(batch));
      const [victim] = batch.plans;
      if (batch.stage === "trials" && victim !== undefined) {
        crashing.add(victim);
        outcomes.set(victim, { state: "crashed", message: "ended by SIGSEGV" });
      }
      return outcomes;
    },
  });
  const times = (id: string): number =>
    asked.flatMap(({ plans }) => plans).filter((plan) => plan === id).length;
  expect(crashing.size).toBe(8);
  for (const id of crashing) expect(times(id)).toBe(1);
  expect(decision?.adopted).not.toBeNull();
});

it("begins no batch that would not end within the budget", async () => {
  let clock = 0;
  const { measure, asked } = madeUp(bowl);
  await ran({
    budget: { seconds: 16, trials: 1000, batch: 8, reserve: () => 4 },
    now: () => clock,
    measure: async (batch) => {
      clock += 3;
      return measure(batch);
    },
  });
  // Batches end at 3, 6 and 9; the next would end at 12 and leave its 4 for the rest, but only just not more.
  expect(asked.filter(({ stage }) => stage === "trials")).toHaveLength(3);
});

it("counts the time of the part that was interrupted", async () => {
  const { trials } = await ran({ measure: madeUp(bowl).measure, budget: { ...budget, trials: 12 } });
  const { measure, asked } = madeUp(bowl);
  await ran({ measure, history: trials, spent: 999.5, budget: { ...budget, reserve: () => 1 } });
  expect(asked.map(({ stage }) => stage)).toEqual(["semifinal", "final"]);
});

it("plans for less work at a time where a call takes long", () => {
  const large = budgetFor({ m: 2048, n: 2048, k: 2048 }, "wasm", "quick");
  expect(budgetFor(shape, "wasm", "quick").batch).toBeGreaterThan(large.batch);
  expect(budgetFor(shape, "wasm", "quick").seconds).toBeLessThan(20);
});
