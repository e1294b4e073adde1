import fc from "fast-check";
import { expect, it } from "vitest";
import { checkedBlocking, lanesOf, tunedId } from "../gemm/tuned.ts";
import { planGemm } from "../gemm/variants.ts";
import { randomStream } from "../random.ts";
import { randomPoint, registersNeeded, spaceOf } from "./space.ts";
import { everyPoint } from "./strategies/grid.ts";
import { tuneTargets } from "./targets.ts";

const side = fc.integer({ min: 1, max: 3000 });
const spaces = fc
  .record({
    target: fc.constantFrom(...tuneTargets),
    element: fc.constantFrom("f32" as const, "f64" as const),
    shape: fc.record({ m: side, n: side, k: side }),
  })
  .map(({ target, element, shape }) => spaceOf(target, element, shape));

it("has only points that fit the registers, in whole tiles and vectors, and no larger than the shape", () => {
  fc.assert(
    fc.property(spaces, fc.integer(), (space, seed) => {
      const { target, element, shape } = space;
      const random = randomStream(seed);
      for (let i = 0; i < 20; i++) {
        const point = randomPoint(space, random);
        const { mr, nr, mc, nc, kc } = point;
        expect(registersNeeded(point, lanesOf(point, element))).toBeLessThanOrEqual(target.mostNeeded);
        expect(checkedBlocking("a point", point, element)).toBe(point);
        expect(mc).toBeLessThan(shape.m + mr);
        expect(nc).toBeLessThan(shape.n + nr);
        expect(kc).toBeLessThanOrEqual(shape.k);
      }
    }),
    { numRuns: 50 },
  );
});

it("writes each plan in one way: a point read back is the same point", () => {
  fc.assert(
    fc.property(spaces, fc.integer(), (space, seed) => {
      const point = randomPoint(space, randomStream(seed));
      expect(space.point(space.choice(point))).toEqual(point);
    }),
  );
});

it("starts from the default plan, whatever the shape", () => {
  fc.assert(
    fc.property(spaces, (space) => {
      const { element, target } = space;
      expect(planGemm(tunedId(space.start), element, target.isa).grain).toEqual(
        planGemm(target.defaultVariant, element, target.isa).grain,
      );
    }),
  );
});

it("knows far fewer points for a small matrix, because blocks beyond it are the same", () => {
  const [target] = tuneTargets;
  if (!target) throw new Error("no target");
  const count = (n: number): number =>
    new Set([...everyPoint(spaceOf(target, "f32", { m: n, n, k: n }))].map(tunedId)).size;
  const [small, large] = [count(16), count(1024)];
  expect(small).toBeLessThan(large / 50);
  expect(small).toBeGreaterThan(50);
});

it("refuses a shape without elements", () => {
  const [target] = tuneTargets;
  if (!target) throw new Error("no target");
  expect(() => spaceOf(target, "f32", { m: 0, n: 4, k: 4 })).toThrow(/at least 1.*0x4x4/);
});
