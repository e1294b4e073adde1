import { describe, expect, it } from "vitest";
import { DataError } from "../data-set.ts";
import { cartPole } from "./cart-pole.ts";
import { bestActionValues, discount, gridWorld } from "./grid-world.ts";
import type { ControlTask } from "./task.ts";

/** Rewards of one episode under a policy. */
function play(
  task: ControlTask,
  seed: number,
  policy: (seen: Float32Array, step: number) => number,
): number[] {
  const episode = task.begin(seed);
  const rewards: number[] = [];
  for (;;) {
    const { reward, done } = episode.act(policy(episode.observe(), rewards.length));
    rewards.push(reward);
    if (done) return rewards;
  }
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
const seeds = Array.from({ length: 2000 }, (_, seed) => seed);

describe("cart-pole", () => {
  it("falls when pushed one way, and is balanced by pushing where the pole leans and turns to", () => {
    const oneWay = seeds.slice(0, 50).map((seed) => play(cartPole, seed, () => 1).length);
    expect(Math.max(...oneWay)).toBeLessThan(15);
    const steered = seeds
      .slice(0, 20)
      .map(
        (seed) =>
          play(cartPole, seed, ([x = 0, v = 0, angle = 0, spin = 0]) =>
            angle + 0.5 * spin + 0.05 * x + 0.1 * v > 0 ? 1 : 0,
          ).length,
      );
    expect(Math.min(...steered)).toBe(500);
  });

  it("repeats an episode by its seed and refuses other actions", () => {
    const states = (seed: number): number[] => {
      const episode = cartPole.begin(seed);
      episode.act(0);
      return [...episode.observe()];
    };
    expect(states(4)).toEqual(states(4));
    expect(states(4)).not.toEqual(states(5));
    expect(() => cartPole.begin(1).act(2)).toThrow(/an action from 0 to 1; found 2/);
  });
});

describe("grid-world", () => {
  const values = bestActionValues();
  const best = (seen: Float32Array): number => {
    const here = values[seen.indexOf(1)] ?? [];
    return here.indexOf(Math.max(...here));
  };
  const discounted = (rewards: readonly number[]): number =>
    rewards.reduceRight((later, now) => now + discount * later, 0);

  it("gives the best policy what its values promise, and less to a random one", () => {
    const earned = mean(seeds.map((seed) => discounted(play(gridWorld, seed, best))));
    const promised = Math.max(...(values[0] ?? []));
    // Rewards lie within [-1.8, 1]: four standard errors of 2000 episodes, with a deviation of at most 0.6.
    expect(Math.abs(earned - promised)).toBeLessThan((4 * 0.6) / Math.sqrt(2000));
    const blind = mean(
      seeds.slice(0, 200).map((seed) => discounted(play(gridWorld, seed, (_, step) => (step * 7) % 4))),
    );
    expect(blind).toBeLessThan(promised - 0.2);
  });

  it("ends at the goal, a pit or after a hundred steps, and then refuses", () => {
    expect(play(gridWorld, 1, () => 0).length).toBeLessThanOrEqual(100);
    const episode = gridWorld.begin(1);
    while (!episode.act(best(episode.observe())).done);
    expect(() => episode.act(0)).toThrow(DataError);
  });
});
