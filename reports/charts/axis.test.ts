import fc from "fast-check";
import { expect, it } from "vitest";
import { logTicks, positionOn, spread } from "./axis.ts";

it("places values on linear and logarithmic axes", () => {
  expect(positionOn({ type: "linear", domain: [0, 10], length: 100 }, 2.5)).toBe(25);
  expect(positionOn({ type: "log", domain: [1, 100], length: 100 }, 10)).toBeCloseTo(50);
});

it("ticks at 1, 2 and 5, and at powers of ten alone over many decades", () => {
  expect(logTicks([0.015, 3])).toEqual([0.02, 0.05, 0.1, 0.2, 0.5, 1, 2]);
  expect(logTicks([1, 1e6])).toEqual([1, 10, 100, 1000, 10_000, 100_000, 1_000_000]);
});

it("pushes positions apart, keeps their order and stays on the axis while they fit", () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 300, noNaN: true }), { maxLength: 20 }), (positions) => {
      const moved = spread(positions, 15, 300);
      const order = positions.map((_, at) => at).sort((a, b) => (positions[a] ?? 0) - (positions[b] ?? 0));
      const sorted = order.map((at) => moved[at] ?? 0);
      for (let at = 1; at < sorted.length; at++) {
        expect((sorted[at] ?? 0) - (sorted[at - 1] ?? 0)).toBeGreaterThanOrEqual(15 - 1e-9);
      }
      for (const position of moved) {
        expect(position).toBeLessThanOrEqual(300 + 1e-9);
        expect(position).toBeGreaterThanOrEqual(-1e-9);
      }
    }),
  );
});
