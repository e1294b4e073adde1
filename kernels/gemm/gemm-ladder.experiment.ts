/**
 * The ladder from three loops to a packed SIMD micro-kernel: each rung changes one thing, and its paired ratio over
 * the rung below is what that thing buys. After how-to-optimize-gemm and Goto & van de Geijn (2008).
 */
import type { Cell, ExperimentRow, Settings, Target, VariantRef } from "../experiment.ts";
import { fewestRounds } from "../judge.ts";
import { finishedOn } from "../tune/stored-plans.ts";
import type { GemmShape } from "./arguments.ts";
import { cube, cubeShape, equivalentSide, shapeOf } from "./cubes.ts";
import { judgeFarFromPeak, judgePacking } from "./gemm-ladder.rules.ts";
import { cellMemoryBytes, cellTimes, productMemoryBytes } from "./own-workloads.ts";
import { withPeers } from "./peer-plan.ts";

/** One rung: the variant's name and what it adds to the rung below. */
export interface Rung {
  readonly variant: string;
  readonly adds: string;
  /** Targets on which the rung exists. */
  readonly targets: readonly Target[];
}

/** From slowest to fastest as the literature orders them; variants are those of `variants.ts`. */
export const rungs: readonly Rung[] = [
  { variant: "naive-ijk", adds: "three plain loops", targets: ["js", "wasm"] },
  {
    variant: "loop-ikj",
    adds: "the order in which every inner access is contiguous",
    targets: ["js", "wasm"],
  },
  { variant: "blocked", adds: "one level of square blocks", targets: ["js", "wasm"] },
  { variant: "register-4x4", adds: "a 4x4 block of C in local variables", targets: ["js", "wasm"] },
  { variant: "register-4x4-simd", adds: "the same block as four 128-bit vectors", targets: ["wasm"] },
  { variant: "register-4x4-simd-blocked", adds: "cache blocking around it", targets: ["wasm"] },
  { variant: "micro-4x4-rolled", adds: "A and B packed into panels", targets: ["wasm"] },
  { variant: "micro-4x4", adds: "the loop over k unrolled", targets: ["wasm"] },
  { variant: "packed-blocked", adds: "a tile as large as the registers hold", targets: ["wasm", "native"] },
];

/** The last step where a run may use several threads: the last rung of the widest target on all of them. */
function together({ targets }: Pick<Settings, "targets">): VariantRef {
  return { variant: "packed-blocked", target: targets.includes("native") ? "native" : "wasm" };
}
/** Seconds that it and the peak of as many threads add to a cell: two warm-ups and their share of the rounds. */
const togetherSeconds = 2;

/** The largest product for which the js rungs run: one size more takes a plain loop eight times as long. */
const largestOnJs = { quick: 256, standard: 256, full: 512 } as const;

export const gemmLadder: ExperimentRow = {
  id: "gemm-ladder",
  title: { en: "The GEMM ladder", zh: "矩阵乘优化阶梯" },
  question:
    "What does each step from three plain loops to a packed SIMD kernel buy, and how near to peak does it end?",
  topics: ["gemm", "tiling", "packing"],
  claims: [
    {
      claim: "naive-matmul-far-from-peak",
      rule:
        "Plain i-j-k at 512x512x512 against the multiply-add peak measured in the same run, runtime and thread: " +
        "confirmed if the 95 % interval of its share lies below 25 %, refuted if at or above. The peak is that of " +
        "128-bit WebAssembly in this runtime, not the silicon's.",
      judge: judgeFarFromPeak,
    },
    {
      claim: "packing-is-the-big-step",
      rule:
        "Steps from the vectorised 4x4 kernel on, at 1024x1024x1024 (cache blocking, packing, unrolling), each as paired ratio " +
        "over the step before: confirmed if packing has the largest ratio and its 95 % interval lies above 1; " +
        "refuted if that interval lies at or below 1 or another step's interval lies wholly above packing's.",
      judge: judgePacking,
    },
  ],
  charts: [
    { kind: "ladder", title: "GFLOP/s of each step; the top is the measured peak", metric: "throughput" },
    { kind: "roofline", title: "The ladder under the roofline", metric: "throughput" },
  ],
  ownWorkloads: { kind: "product", memoryBytes },
  plan: withPeers(plan),
};

/** Sides by profile and the seconds that a cell takes on wasm and js together. */
const sides = {
  quick: [
    [256, 3],
    [512, 4],
  ],
  standard: [
    [256, 4],
    [512, 8],
    [1024, 12],
  ],
} as const;

function plan(settings: Settings): readonly Cell[] {
  if (settings.workloads) return settings.workloads.flatMap((workload) => ownCell(workload, settings));
  return sides[settings.profile === "quick" ? "quick" : "standard"].flatMap(([n, seconds]) => {
    const variants = variantsAt(cubeShape(n), settings);
    const more = hasTogether(settings) ? togetherSeconds : 0;
    return variants.length === 0 ? [] : [{ workload: cube(n), variants, seconds: seconds + more }];
  });
}

function ownCell(workload: string, settings: Settings): readonly Cell[] {
  const side = equivalentSide(shapeOf(workload));
  const variants = variantsAt(shapeOf(workload), settings);
  const rounds = leastRoundsAt(side, settings.profile);
  return variants.length === 0
    ? []
    : [{ workload, variants, ...cellTimes(workload, variants, rounds, settings) }];
}

function memoryBytes(workload: string, settings: Settings): number {
  const shape = shapeOf(workload);
  const alone = variantsAt(shape, { ...settings, threads: 1 });
  // Several threads have operands of their own, in shared memory, and each a workspace.
  const shared = hasTogether(settings) ? productMemoryBytes(shape, settings.threads ?? 1) : 0;
  return cellMemoryBytes(workload, alone.length) + shared;
}

/**
 * The rungs that `gemm-tiling` times at every size, and the largest product for which the ladder repeats them: at 1024
 * they take as long as all other rungs together.
 */
const slowRungs: readonly string[] = ["naive-ijk", "loop-ikj", "blocked"];
const largestSlow = { quick: 512, standard: 512, full: 1024 } as const;

function hasTogether(settings: Settings): boolean {
  return (settings.threads ?? 1) > 1 && settings.targets.includes(together(settings).target);
}

/** js rungs first, so that the whole reads as one ladder from plain JavaScript up. */
function variantsAt(shape: GemmShape, settings: Settings): readonly VariantRef[] {
  const { targets, profile } = settings;
  const n = equivalentSide(shape);
  const allowed = (["js", "wasm", "native"] as const).filter((target) => targets.includes(target));
  const alone = allowed
    .filter((target) => target !== "js" || n <= largestOnJs[profile] || allowed.length === 1)
    .flatMap((target) =>
      rungs
        .filter((rung) => rung.targets.includes(target))
        .filter((rung) => !slowRungs.includes(rung.variant) || n <= largestSlow[profile])
        .map(({ variant }): VariantRef => ({ variant, target })),
    );
  return [...alone, ...foundBySearch(shape, settings)];
}

/**
 * The plans that searches found on this machine for this class of shapes, as further rungs on top; then the last step on
 * all threads, which such a plan makes where there is one.
 */
function foundBySearch(shape: GemmShape, settings: Settings): readonly VariantRef[] {
  const last = together(settings);
  return (["wasm", "native"] as const)
    .filter((target) => settings.targets.includes(target))
    .flatMap((target) => {
      const threads = target === last.target ? (settings.threads ?? 1) : 1;
      return finishedOn({ ...settings, threads }, { ...last, target }, shape);
    });
}

/** Rounds by size: no rule of the ladder asks for a number. */
export function leastRoundsAt(n: number, profile: Settings["profile"]): number {
  if (profile === "full") return 15;
  if (profile === "quick") return fewestRounds;
  return n <= 256 ? 11 : 7;
}
