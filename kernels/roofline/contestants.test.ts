import { describe, expect, it } from "vitest";
import type { KernelTarget } from "../codegen/compile.ts";
import { nativeAvailability } from "../native/availability.ts";
import { randomStream } from "../random.ts";
import { type Contestant, elementCheck, levelContestants, sumCheck } from "./contestants.ts";
import { atLevel, levelKernels, streams } from "./roofline-bounds.experiment.ts";

const targets: readonly KernelTarget[] = nativeAvailability().available ? ["wasm", "native"] : ["wasm"];
const bytes = 24 * 1024;
const at = (target: KernelTarget, level: "l1" | "l2"): readonly Contestant[] =>
  levelContestants(target, { level, bytes }, randomStream(5));

describe.each(targets)("on %s", (target) => {
  const all = at(target, "l1");

  it.each(all.map((each) => [each.variant, each] as const))("%s computes what it says", async (_, each) => {
    expect(await each.check?.()).toBeNull();
    each.run();
    expect(await each.check?.()).toBeNull();
  });

  it("are all streams and kernels of the level, within its bytes", () => {
    expect(all.map(({ variant }) => variant).sort()).toEqual(
      [...streams, ...levelKernels].map((name) => atLevel(name, "l1")).sort(),
    );
    for (const { workingSet } of all) {
      expect(workingSet).toBeLessThanOrEqual(bytes * 1.01);
      expect(workingSet).toBeGreaterThan(bytes / 3);
    }
  });
});

describe("a check", () => {
  const n = 10_000;
  const views = { x: new Float32Array(n).fill(0.5), y: new Float32Array(n), result: new Float32Array(1), n };

  it("tells a wrong element from one that is rounded", () => {
    const check = elementCheck(views, (_, xi) => 2 * xi);
    views.y.fill(1 + 2 ** -23);
    expect(check()).toBeNull();
    views.y[n - 1] = 1.001;
    expect(check()).toMatch(/element 9999 is 1\.00\d*, expected 1/);
    views.y[n - 1] = Number.NaN;
    expect(check()).toMatch(/element 9999 is NaN/);
  });

  it("tells a wrong sum from one that is rounded, and reads its operands before the kernel runs", () => {
    const check = sumCheck(views, (i) => views.x[i] as number);
    views.x.fill(7);
    views.result[0] = 5000.01;
    expect(check()).toBeNull();
    views.result[0] = 5010;
    expect(check()).toMatch(/the sum is 5010, expected 5000/);
  });
});

it("have the intensity of their operands; beyond the first level, with what is fetched to be overwritten", () => {
  const intensity = (name: string, level: "l1" | "l2" = "l1"): number => {
    const found = at("wasm", level).find(({ variant }) => variant === atLevel(name, level));
    return (found?.flops ?? 0) / (found?.bytes ?? 1);
  };
  expect([intensity("dot"), intensity("axpy"), intensity("map64")]).toEqual([1 / 4, 1 / 6, 16]);
  expect([intensity("dot", "l2"), intensity("axpy", "l2")]).toEqual([1 / 4, 1 / 6]);
  expect(intensity("map64", "l2")).toBeCloseTo(128 / 12, 12);
});
