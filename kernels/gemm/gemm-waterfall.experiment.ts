/**
 * The whole way from naive JavaScript to the fastest kernel on one product, each step as a paired ratio over the step
 * before. The ladder (gemm-ladder) shows speeds; this shows where they come from, and what each thing is still worth
 * once all others are there. At 640 as well, the size at which AutoKernel's article reports its factor of 200.
 */
import type { Cell, ExperimentRow, Settings, VariantRef } from "../experiment.ts";
import { cube, cubeShape, equivalentSide, shapeOf } from "./cubes.ts";
import { cellMemoryBytes, cellTimes } from "./own-workloads.ts";
import { chartSteps, waterfallVariants } from "./waterfall-steps.ts";

export const gemmWaterfall: ExperimentRow = {
  id: "gemm-waterfall",
  title: { en: "The GEMM waterfall", zh: "矩阵乘加速分解" },
  question:
    "What does each of loop order, blocking, SIMD, fused multiply-add, register tile, packing, wider vectors and threads " +
    "multiply the speed by, " +
    "from naive JavaScript to the fastest kernel?",
  topics: ["gemm", "roofline"],
  claims: [],
  charts: [
    {
      kind: "waterfall",
      title: "What each step multiplies the speed by; the top is the measured peak",
      metric: "throughput",
      steps: chartSteps.map(({ variant, target, title }) => ({ variant, target, title })),
    },
    {
      kind: "roofline",
      title: "The steps under the measured roofs, each operand moved once",
      metric: "throughput",
      traffic: "compulsory",
    },
    {
      kind: "roofline",
      title: "The steps under the measured roofs, by what a simulated first level moves",
      metric: "throughput",
      traffic: "simulated",
    },
  ],
  ownWorkloads: { kind: "product", memoryBytes },
  plan,
};

/** Sides by profile, with the seconds of a cell on js and wasm. */
const sides = {
  quick: [[256, 6]],
  standard: [[640, 50]],
  full: [
    [640, 60],
    [1024, 240],
  ],
} as const;

function plan(settings: Settings): readonly Cell[] {
  return cells(settings).filter(({ variants }) => variants.length > 0);
}

function cells(settings: Settings): readonly Cell[] {
  if (settings.workloads) {
    const rounds = waterfallRounds[settings.profile];
    return settings.workloads.map((workload) => {
      const fast = variantsAt(workload, settings);
      return { workload, variants: fast, ...cellTimes(workload, fast, rounds, settings) };
    });
  }
  return sides[settings.profile].map(([n, seconds]) => ({
    workload: cube(n),
    variants: waterfallVariants(settings, cubeShape(n)),
    seconds,
    silence: 120,
  }));
}

/** Beyond this side a call of the plain loops takes seconds, and of the same in JavaScript tens of seconds. */
const largestPlain = 1024;

function variantsAt(workload: string, settings: Settings): readonly VariantRef[] {
  const isLarge = equivalentSide(shapeOf(workload)) > largestPlain;
  return waterfallVariants(settings, shapeOf(workload)).filter(
    ({ variant }) => !(isLarge && variant === "naive-ijk"),
  );
}

function memoryBytes(workload: string, settings: Settings): number {
  return cellMemoryBytes(workload, variantsAt(workload, settings).length);
}

/** Rounds: no rule reads them; below six nothing can be said of a difference. */
export const waterfallRounds = { quick: 7, standard: 11, full: 15 } as const;
