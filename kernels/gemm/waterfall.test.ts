import { describe, expect, it } from "vitest";
import type { Target, VariantRef } from "../experiment.ts";
import { shapeClass } from "../tune/shape-class.ts";
import { countMemory } from "./traces.ts";
import { firstLevelBytes } from "./traffic.ts";
import { planGemm } from "./variants.ts";
import { chartSteps, takenAway, waterfallPairs, waterfallVariants } from "./waterfall-steps.ts";
import { gemmWay } from "./way.ts";

const shape = { m: 640, n: 640, k: 640 };
const named = ({ variant, target }: VariantRef): string => `${variant} ${target}`;

describe("the steps of the waterfall", () => {
  it("are variants that exist, each once", () => {
    const all = [...chartSteps, ...takenAway];
    for (const { variant } of all.filter((step) => !step.variant.endsWith("*")))
      expect(planGemm(gemmWay(variant).variant).variant).toBeTruthy();
    expect(new Set(chartSteps.map(named)).size).toBe(chartSteps.length);
  });

  it.each([[["js", "wasm"]], [["wasm"]], [["js"]], [["js", "wasm", "native"]], [["wasm", "native"]]] as [
    Target[],
  ][])("on %j form one chain in which each is compared with the one before", (targets) => {
    const refs = waterfallVariants({ targets }, shape);
    const pairs = waterfallPairs(refs);
    const steps = refs.filter((ref) => chartSteps.some((step) => named(step) === named(ref)));
    expect(steps.length).toBeGreaterThan(3);
    expect(pairs.slice(0, steps.length - 1).map(([a, b]) => [named(a), named(b)])).toEqual(
      steps.slice(1).map((ref, i) => [named(ref), named(steps[i] as VariantRef)]),
    );
    for (const { target } of refs) expect(targets).toContain(target);
  });

  it("close over one that died", () => {
    const refs = waterfallVariants({ targets: ["wasm"] }, shape).filter(
      ({ variant }) => variant !== "blocked",
    );
    const pairs = waterfallPairs(refs).map(([a, b]) => `${a.variant} over ${b.variant}`);
    expect(pairs).toContain("blocked-simd-strict over loop-ikj");
  });

  it.each([
    [["js", "wasm"], { variant: "packed-blocked", target: "wasm" }],
    [["js", "wasm", "native"], { variant: "auto", target: "native" }],
  ] as [Target[], VariantRef][])("end on %j with all threads of the widest target", (targets, alone) => {
    const refs = waterfallVariants({ targets, threads: 3 }, shape);
    const last = { ...alone, variant: `${alone.variant}-3t` };
    expect(refs).toContainEqual(last);
    expect(waterfallPairs(refs).map(([a, b]) => [a, b])).toContainEqual([last, alone]);
  });

  it("end with what searches found for the class of shapes, on one thread and on all", () => {
    const [alone, both] = ["tuned-6x8v128-inplace", "tuned-4x8v128-inplace-2t-1x2"] as const;
    const found = { target: "wasm", element: "f32", shapeClass: shapeClass(shape) } as const;
    const plans = [
      { ...found, plan: alone },
      { ...found, plan: both, threads: 2 },
    ];
    const refs = waterfallVariants({ targets: ["js", "wasm"], threads: 2, plans }, shape);
    const pairs = waterfallPairs(refs).map(([a, b]) => `${a.variant} over ${b.variant}`);
    expect(pairs).toContain(`${alone} over packed-blocked`);
    expect(pairs).toContain(`${both} over ${alone}`);
    expect(refs.map(({ variant }) => variant)).not.toContain("packed-blocked-2t");
    const other = waterfallVariants({ targets: ["js", "wasm"], threads: 2, plans }, { m: 64, n: 64, k: 64 });
    expect(other.map(({ variant }) => variant)).toContain("packed-blocked-2t");
    expect(other.map(({ variant }) => variant).join()).not.toContain("tuned");
  });

  it("take one thing at a time away from the end", () => {
    const pairs = waterfallPairs(waterfallVariants({ targets: ["wasm"] }, shape));
    for (const { from, variant } of takenAway) {
      expect(pairs.some(([a, b]) => named(a) === named(from) && b.variant === variant)).toBe(true);
    }
  });
});

describe("the name of a variant", () => {
  it("carries its arithmetic, its vectors and its threads", () => {
    const blocked = { variant: "packed-blocked", arithmetic: "fast", threads: 1 };
    expect(gemmWay("packed-blocked-strict")).toEqual({ ...blocked, arithmetic: "strict" });
    expect(gemmWay("packed-blocked-12t")).toEqual({ ...blocked, threads: 12 });
    expect(gemmWay("packed-blocked-strict-2t")).toEqual({ ...blocked, arithmetic: "strict", threads: 2 });
    expect(gemmWay("packed-blocked-avx2-2t")).toEqual({ ...blocked, isa: "avx2", threads: 2 });
    const split = { rows: 2, columns: 2 };
    expect(gemmWay("packed-blocked-4t-2x2")).toEqual({ ...blocked, threads: 4, split });
    expect(gemmWay("tuned-6x8v128-inplace-2t-2x1")).toMatchObject({
      variant: "tuned-6x8v128-inplace",
      threads: 2,
    });
    expect(gemmWay("micro-6x8")).toEqual({ ...blocked, variant: "micro-6x8" });
  });
});

describe("simulated traffic", () => {
  const bytesOf = (variant: string, m: number): number => {
    const { misses, writeBacks } = countMemory(variant, { m, n: 80, k: 112 });
    return 64 * (misses + writeBacks);
  };

  it.each(["loop-ikj-simd", "blocked-simd", "register-6x8-simd-blocked", "packed-blocked"])(
    "of %s on all rows follows from two parts",
    (variant) => {
      const whole = bytesOf(variant, 384);
      expect(firstLevelBytes(variant, { m: 384, n: 80, k: 112 }) / whole).toBeCloseTo(1, 2);
    },
  );

  it("is counted whole where there are few rows", () => {
    expect(firstLevelBytes("packed", { m: 50, n: 80, k: 112 })).toBe(bytesOf("packed", 50));
  });
});
