import { describe, expect, it } from "vitest";
import { rankCorrelation } from "../measure/statistics/rank-correlation.ts";
import { randomStream } from "../random.ts";
import { asExecuted, CostModel, effects, usualCaches } from "./cost-model.ts";
import { shape, space } from "./landscape.fixture.ts";
import { randomPoint } from "./space.ts";

const lanes = 4;
const place = { lanes, bytes: 4, registers: space.target.registers, whole: shape, caches: usualCaches };

/** Times that follow from the effects with other weights than the model begins with. */
function planted(weights: Readonly<Record<string, number>>, noise: number, count: number) {
  const random = randomStream(11);
  const cost = (plan: typeof space.start): number =>
    effects.reduce((sum, { id, of }) => sum + (weights[id] ?? 0) * of(...asExecuted(plan, place)), 0);
  return Array.from({ length: count }, () => {
    const plan = randomPoint(space, random);
    return { plan, logTime: cost(plan) - cost(space.start) + noise * (2 * random() - 1) };
  });
}

const weights = {
  "missing-registers": 2,
  loads: 1.5,
  latency: 0.1,
  edges: 2,
  packing: 30,
  loop: 2,
};

describe("the cost model", () => {
  it("recovers planted weights from measurements", () => {
    const model = new CostModel(space, usualCaches);
    model.fit(planted(weights, 0, 4000));
    for (const [id, weight] of Object.entries(weights)) {
      expect((model.weights()[id] ?? 0) / weight, id).toBeCloseTo(1, 1);
    }
    // No plan of this space has so much code: the beginning stands.
    const code = effects.find(({ id }) => id === "code");
    expect(model.weights().code).toBeCloseTo(code?.weight ?? Number.NaN, 9);
  });

  it("ranks plans better after it has seen noisy times that contradict its beginnings", () => {
    const model = new CostModel(space, usualCaches);
    const unseen = planted(weights, 0, 200).slice(100);
    const agreement = (): number =>
      rankCorrelation(
        unseen.map(({ plan }) => model.predict(plan)),
        unseen.map(({ logTime }) => logTime),
      ) as number;
    const before = agreement();
    model.fit(planted(weights, 0.05, 60));
    expect(agreement()).toBeGreaterThan(before);
    expect(agreement()).toBeGreaterThan(0.95);
  });

  it("says of the default plan that it takes its own time, whatever it has seen", () => {
    const model = new CostModel(space, usualCaches);
    expect(model.predict(space.start)).toBe(0);
    model.fit(planted(weights, 0.05, 60));
    expect(model.predict(space.start)).toBe(0);
  });

  it("keeps its beginnings where nothing was measured", () => {
    const model = new CostModel(space, usualCaches);
    model.fit([]);
    for (const { id, weight } of effects) expect(model.weights()[id]).toBeCloseTo(weight, 9);
  });

  it("expects a tile that needs more registers than there are to be slower than the default", () => {
    const tooLarge = space.point({ ...space.choice(space.start), mr: 8 });
    if (!tooLarge) throw new Error("expected the tile to be in the space");
    expect(new CostModel(space, usualCaches).predict(tooLarge)).toBeGreaterThan(0.2);
  });
});

describe("rank correlation", () => {
  it("is 1 for the same order, -1 for the reverse, and knows ties", () => {
    expect(rankCorrelation([1, 2, 3, 4], [10, 20, 30, 400])).toBe(1);
    expect(rankCorrelation([1, 2, 3, 4], [4, 3, 2, 1])).toBe(-1);
    // By hand: ranks 0, 1.5, 1.5, 3 against 0, 1, 2, 3: covariance 4.5, variances 4.5 and 5.
    expect(rankCorrelation([1, 2, 2, 3], [1, 2, 3, 4])).toBeCloseTo(4.5 / Math.sqrt(4.5 * 5), 12);
  });

  it("says nothing of fewer than three pairs or of constant values", () => {
    expect(rankCorrelation([1, 2], [1, 2])).toBeUndefined();
    expect(rankCorrelation([1, 1, 1], [1, 2, 3])).toBeUndefined();
  });
});
