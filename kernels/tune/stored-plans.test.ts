import { expect, it } from "vitest";
import type { Settings } from "../experiment.ts";
import { gemmLadder } from "../gemm/gemm-ladder.experiment.ts";
import { nativeAvailability } from "../native/availability.ts";
import { gemmSchedule } from "./gemm-schedule.experiment.ts";
import { shapeClass } from "./shape-class.ts";
import { finishedOn, storedPlan } from "./stored-plans.ts";

const plan = "tuned-6x8v128-mc96-nc640-kc384-u4-jpi";
const large = { m: 640, n: 640, k: 640 };
const settings: Settings = {
  ...{ profile: "standard", seed: 1, targets: ["js", "wasm"] },
  plans: [{ target: "wasm", element: "f32", shapeClass: shapeClass(large), plan }],
};

it("puts sides between two bounds into one class, each side for itself", () => {
  expect(shapeClass({ m: 257, n: 1024, k: 256 })).toBe("m1024-n1024-k256");
  expect(shapeClass({ m: 1, n: 16, k: 17 })).toBe("m16-n16-k64");
  expect(shapeClass({ m: 1025, n: 4096, k: 64 })).toBe("mlarge-nlarge-k64");
});

it("is used for its target, element and class alone", () => {
  expect(storedPlan(settings, { target: "wasm", shape: { m: 300, n: 1000, k: 512 } })).toBe(plan);
  expect(storedPlan(settings, { target: "wasm", shape: { m: 256, n: 1000, k: 512 } })).toBeUndefined();
  expect(storedPlan(settings, { target: "js", shape: large })).toBeUndefined();
  expect(storedPlan(settings, { target: "wasm", shape: large, element: "f64" })).toBeUndefined();
  expect(storedPlan(settings, { target: "wasm", shape: large, threads: 2 })).toBeUndefined();
  expect(storedPlan({ ...settings, plans: [] }, { target: "wasm", shape: large })).toBeUndefined();
});

it("is timed beside the variants of the ladder and of the schedules where its class is", () => {
  const variants = (row: typeof gemmLadder, given: Settings): readonly string[] =>
    row.plan(given).flatMap((cell) => cell.variants.map(({ variant }) => `${cell.workload} ${variant}`));
  expect(variants(gemmSchedule, settings)).toContain(`640x640x640 ${plan}`);
  expect(variants(gemmLadder, settings)).toContain(`512x512x512 ${plan}`);
  expect(variants(gemmLadder, settings)).not.toContain(`256x256x256 ${plan}`);
  expect(variants(gemmLadder, { ...settings, targets: ["js"] }).join()).not.toContain(plan);
});

it("is none where it was found for narrower vectors than the machine has, or for others", () => {
  const native = nativeAvailability();
  const of = (target: string) =>
    ({ target, element: "f32", shapeClass: shapeClass(large), plan: `tuned-on-${target}` }) as const;
  const found = storedPlan({ plans: [of("avx2"), of("avx512")] }, { target: "native", shape: large });
  expect(found).toBe(native.available ? `tuned-on-${native.isa}` : undefined);
});

it("is followed by the kernel of all threads, unless a search found one for so many", () => {
  const last = { variant: "auto", target: "wasm" } as const;
  const names = (given: Settings): string[] => finishedOn(given, last, large).map(({ variant }) => variant);
  expect(names(settings)).toEqual([plan]);
  expect(names({ ...settings, threads: 2 })).toEqual([plan, "auto-2t"]);
  const both = `${plan}-2t-1x2`;
  const plans = [
    ...(settings.plans ?? []),
    { target: "wasm", element: "f32", shapeClass: shapeClass(large), threads: 2, plan: both } as const,
  ];
  expect(names({ ...settings, threads: 2, plans })).toEqual([plan, both]);
  expect(names({ ...settings, threads: 3, plans })).toEqual([plan, "auto-3t"]);
});
