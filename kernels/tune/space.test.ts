import fc from "fast-check";
import { expect, it } from "vitest";
import { choiceFor } from "../gemm/choose.ts";
import { machineRow } from "../gemm/machines.ts";
import { checkedBlocking, lanesOf } from "../gemm/tuned.ts";
import { planGemm } from "../gemm/variants.ts";
import { gemmWay } from "../gemm/way.ts";
import { randomStream } from "../random.ts";
import { pointName, pointOfName, splitsOf } from "./point.ts";
import { partOf, randomPoint, registersNeeded, spaceOf } from "./space.ts";
import { everyPoint } from "./strategies/grid.ts";
import { tuneTargets } from "./targets.ts";

const side = fc.integer({ min: 1, max: 3000 });
const spaces = fc
  .record({
    target: fc.constantFrom(...tuneTargets),
    element: fc.constantFrom("f32" as const, "f64" as const),
    shape: fc.record({ m: side, n: side, k: side }),
    threads: fc.constantFrom(1, 2, 4),
  })
  .map(({ target, element, shape, threads }) => spaceOf(target, element, shape, threads));

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
      expect(pointOfName(pointName(point))).toEqual(point);
    }),
  );
});

it("starts from the default plan, whatever the shape", () => {
  fc.assert(
    fc.property(spaces, (space) => {
      const { element, target, shape } = space;
      const machine = machineRow(element, target.isa);
      fc.pre(choiceFor(shape, element, machine).kind !== "dots");
      const { variant } = gemmWay(pointName(space.start));
      expect(planGemm(variant, element, target.isa, shape).grain).toEqual(
        planGemm(target.defaultVariant, element, target.isa, shape).grain,
      );
    }),
  );
});

it("knows far fewer points for a small matrix, because blocks beyond it are the same", () => {
  const [target] = tuneTargets;
  if (!target) throw new Error("no target");
  const count = (n: number): number =>
    new Set([...everyPoint(spaceOf(target, "f32", { m: n, n, k: n }))].map(pointName)).size;
  const [small, large] = [count(16), count(1024)];
  expect(small).toBeLessThan(large / 50);
  expect(small).toBeGreaterThan(50);
});

it("refuses a shape without elements", () => {
  const [target] = tuneTargets;
  if (!target) throw new Error("no target");
  expect(() => spaceOf(target, "f32", { m: 0, n: 4, k: 4 })).toThrow(/at least 1.*0x4x4/);
});

it("cuts C by rows, by columns and in grids, one part a thread", () => {
  const names = (threads: number): string[] =>
    splitsOf(threads).map(({ rows, columns }) => `${rows}x${columns}`);
  expect(names(1)).toEqual(["1x1"]);
  expect(names(2)).toEqual(["2x1", "1x2"]);
  expect(names(6)).toEqual(["6x1", "3x2", "2x3", "1x6"]);
});

it("gives no thread a part without a tile", () => {
  fc.assert(
    fc.property(spaces, fc.integer(), (space, seed) => {
      const { mr, nr, split } = randomPoint(space, randomStream(seed));
      expect(split.rows).toBeLessThanOrEqual(Math.ceil(space.shape.m / mr));
      expect(split.columns).toBeLessThanOrEqual(Math.ceil(space.shape.n / nr));
      const part = partOf({ mr, nr, split }, space.shape);
      expect(part.m * split.rows).toBeGreaterThanOrEqual(space.shape.m);
      expect(part.n * split.columns).toBeGreaterThanOrEqual(space.shape.n);
    }),
  );
});
