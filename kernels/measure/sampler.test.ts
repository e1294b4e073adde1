import { describe, expect, it } from "vitest";
import { randomStream } from "../random.ts";
import type { Clock } from "./clock.ts";
import {
  type Contestant,
  type SamplingHost,
  type SamplingPlan,
  Stopped,
  sampleInterleaved,
} from "./sampler.ts";
import { medianInterval, pairedRatio } from "./statistics/interval.ts";

/** A clock that only the contestants move: a run takes as long as it says. */
class SimulatedClock implements Clock {
  seconds = 0;
  readonly resolutionSeconds = 1e-7;
  now(): number {
    return this.seconds;
  }
}

interface Recording extends SamplingHost {
  readonly clock: SimulatedClock;
  readonly order: string[];
  readonly errors: string[];
}

function recordingHost(clock: SimulatedClock, stopAfter = Number.POSITIVE_INFINITY): Recording {
  const order: string[] = [];
  const errors: string[] = [];
  return {
    clock,
    order,
    errors,
    random: randomStream(1),
    pause: async () => {},
    stopping: () => order.length >= stopAfter,
    beforeWarmUp: (index) => void errors.push(`next ${index}`),
    beforeSample: (index) => void errors.push(`next ${index}`),
    onSample: (index, round) => void order.push(`${round}:${index}`),
    onRound: () => {},
    onError: (index, error) => void errors.push(`${index} ${(error as Error).message}`),
  };
}

const plan: SamplingPlan = { leastRounds: 15, mostRounds: 60, precision: 0.01, seconds: 1e9 };

/** Takes so many simulated seconds a call, the machine's slowness included. */
function work(clock: SimulatedClock, seconds: () => number): Contestant {
  return {
    run: () => {
      clock.seconds += seconds();
    },
  };
}

describe("sampling", () => {
  it("runs every contestant once a round, in orders that differ", async () => {
    const clock = new SimulatedClock();
    const host = recordingHost(clock);
    const contestants = [1, 2, 3].map((ms) => work(clock, () => ms / 1000));
    await sampleInterleaved(contestants, plan, host);
    const rounds = Map.groupBy(host.order, (entry) => entry.split(":")[0]);
    const orders = [...rounds.values()].map((entries) =>
      entries.map((entry) => entry.split(":")[1]).join(""),
    );
    expect(orders.map((order) => [...order].sort().join(""))).toEqual(orders.map(() => "012"));
    expect(new Set(orders).size).toBeGreaterThan(2);
  });

  it("calls a short contestant once untimed before its sample, for what ran before it is in the caches", async () => {
    const clock = new SimulatedClock();
    let others = 0;
    let since = 0;
    /** The first call after the other contestant takes three times as long. */
    const disturbed = work(clock, () => {
      const seconds = others > since ? 0.009 : 0.003;
      since = others;
      return seconds;
    });
    let calls = 0;
    const long = work(clock, () => {
      others++;
      calls++;
      return 0.02;
    });
    const host = recordingHost(clock);
    const [short, slow] = await sampleInterleaved([disturbed, long], plan, host);
    expect(short?.every((seconds) => Math.abs(seconds - 0.003) < 1e-9)).toBe(true);
    // The long one is not called besides: after its warm-up there is one call a round.
    const warm = Math.ceil(0.5 / 0.02) + 1;
    expect(calls).toBeLessThanOrEqual(warm + (slow?.length ?? 0));
  });

  it("stops at the least number of rounds when nothing varies", async () => {
    const clock = new SimulatedClock();
    const [samples] = await sampleInterleaved([work(clock, () => 0.01)], plan, recordingHost(clock));
    expect(samples).toHaveLength(plan.leastRounds);
  });

  it("goes on to the limit while the interval stays wide, and only within the budget", async () => {
    const clock = new SimulatedClock();
    const random = randomStream(5);
    const noisy = (): Contestant => work(clock, () => 0.01 * (1 + random()));
    const [all] = await sampleInterleaved([noisy()], plan, recordingHost(clock));
    expect(all).toHaveLength(plan.mostRounds);
    const hurried = { ...plan, seconds: 0.4 };
    const [some] = await sampleInterleaved([noisy()], hurried, recordingHost(clock));
    expect(some?.length).toBeGreaterThanOrEqual(plan.leastRounds);
    expect(some?.length).toBeLessThan(plan.mostRounds);
  });

  it("batches calls that the clock cannot resolve and reports seconds per call", async () => {
    const clock = new SimulatedClock();
    let calls = 0;
    const contestant = work(clock, () => {
      calls++;
      return 2e-6;
    });
    const [samples] = await sampleInterleaved([contestant], plan, recordingHost(clock));
    expect(samples?.[0]).toBeCloseTo(2e-6, 12);
    // 200 microseconds a sample are 100 calls of 2.
    expect(calls).toBeGreaterThan(100 * plan.leastRounds);
  });

  it("warms up until a contestant that starts slowly has settled", async () => {
    const clock = new SimulatedClock();
    let calls = 0;
    const tiering = work(clock, () => (calls++ < 7 ? 0.01 : 0.001));
    const [samples] = await sampleInterleaved([tiering], plan, recordingHost(clock));
    expect(Math.max(...(samples ?? []))).toBeCloseTo(0.001, 9);
  });

  it("drops a contestant that throws and finishes the others", async () => {
    const clock = new SimulatedClock();
    const host = recordingHost(clock);
    let calls = 0;
    const failing = work(clock, () => {
      if (calls++ > 12) throw new Error("out of registers");
      return 0.01;
    });
    const [bad, good] = await sampleInterleaved([failing, work(clock, () => 0.01)], plan, host);
    expect(bad).toBeNull();
    expect(good).toHaveLength(plan.leastRounds);
    expect(host.errors).toContain("0 out of registers");
  });

  it("waits for a contestant that returns promises and times it until they are fulfilled", async () => {
    const clock = new SimulatedClock();
    const waiting: Contestant = {
      run: async () => {
        await null; // the work goes on after the call has returned
        clock.seconds += 0.02;
      },
    };
    const contestants = [waiting, work(clock, () => 0.01)];
    const [slow, fast] = await sampleInterleaved(contestants, plan, recordingHost(clock));
    expect(slow).toHaveLength(plan.leastRounds);
    for (const seconds of slow ?? []) expect(seconds).toBeCloseTo(0.02, 9);
    for (const seconds of fast ?? []) expect(seconds).toBeCloseTo(0.01, 9);
  });

  it("runs nothing else between the readings of a contestant that does not wait", async () => {
    const clock = new SimulatedClock();
    let others = 0;
    const contestant = work(clock, () => {
      // Were the queue of microtasks run during a sample, its time would hold what this adds.
      queueMicrotask(() => {
        others++;
        clock.seconds += 1e-5;
      });
      return 1e-5;
    });
    const [samples] = await sampleInterleaved([contestant], plan, recordingHost(clock));
    expect(others).toBeGreaterThan(plan.leastRounds);
    for (const seconds of samples ?? []) expect(seconds).toBeCloseTo(1e-5, 12);
  });

  it("drops a contestant whose promise is rejected and finishes the others", async () => {
    const clock = new SimulatedClock();
    const host = recordingHost(clock);
    let calls = 0;
    const failing: Contestant = {
      run: async () => {
        clock.seconds += 0.01;
        if (calls++ > 12) throw new Error("session closed");
      },
    };
    const [bad, good] = await sampleInterleaved([failing, work(clock, () => 0.01)], plan, host);
    expect(bad).toBeNull();
    expect(good).toHaveLength(plan.leastRounds);
    expect(host.errors).toContain("0 session closed");
  });

  it("announces a contestant whenever its turn comes, so that a death can be blamed on it", async () => {
    const clock = new SimulatedClock();
    const host = recordingHost(clock);
    const announced = (index: number): Contestant =>
      work(clock, () => {
        expect(host.errors.at(-1)).toBe(`next ${index}`);
        return 0.01;
      });
    await sampleInterleaved([announced(0), announced(1), announced(2)], plan, host);
    expect(host.errors.filter((line) => line === "next 1")).toHaveLength(1 + plan.leastRounds);
  });

  it("stops between two samples when asked", async () => {
    const clock = new SimulatedClock();
    const host = recordingHost(clock, 4);
    const contestants = [work(clock, () => 0.01), work(clock, () => 0.01), work(clock, () => 0.01)];
    await expect(sampleInterleaved(contestants, plan, host)).rejects.toThrow(Stopped);
    expect(host.order).toHaveLength(4);
  });

  it("recovers a ratio by pairs on a machine that slows down threefold while measuring", async () => {
    const clock = new SimulatedClock();
    const noise = randomStream(8);
    const slowness = (): number => (1 + clock.seconds / 2) * (1 + 0.01 * noise());
    const slow = work(clock, () => 0.02 * slowness());
    const fast = work(clock, () => 0.01 * slowness());
    const [a, b] = await sampleInterleaved([slow, fast], plan, recordingHost(clock));
    const paired = pairedRatio(a ?? [], b ?? [], randomStream(1));
    expect(paired.low).toBeGreaterThan(1.9);
    expect(paired.high).toBeLessThan(2.1);
    const alone = medianInterval(a ?? [], randomStream(1));
    expect(alone.high / alone.low).toBeGreaterThan(1.2);
  });

  it("finds a difference between a variant and itself in about 5 of 100 runs, early stopping included", async () => {
    const trials = 200;
    let found = 0;
    for (let trial = 0; trial < trials; trial++) {
      const clock = new SimulatedClock();
      const noise = randomStream(1000 + trial);
      // Log-normal noise of 2 %, one call in twenty interrupted, and a machine that slows down by 2 % a second.
      const slowness = (): number => {
        const normal = Math.sqrt(-2 * Math.log(1 - noise())) * Math.cos(2 * Math.PI * noise());
        return Math.exp(0.02 * normal) * (noise() < 0.05 ? 1.5 : 1) * (1 + clock.seconds / 50);
      };
      const same = (): Contestant => work(clock, () => 0.01 * slowness());
      const host = { ...recordingHost(clock), random: randomStream(trial) };
      const [a, b] = await sampleInterleaved([same(), same()], { ...plan, seconds: 0.5 }, host);
      const { low, high } = pairedRatio(a ?? [], b ?? [], randomStream(trial));
      if (low > 1 || high < 1) found++;
    }
    // Three standard errors of a share of 0.05 out of 200 are 0.046.
    expect(found / trials).toBeLessThan(0.05 + 0.046);
    expect(found).toBeGreaterThan(0);
  });
});
