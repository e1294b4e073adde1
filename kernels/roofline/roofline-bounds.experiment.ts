/**
 * Whether the bounds of the roofline hold: kernels of known intensity at each level of the memory hierarchy, against the
 * multiply-add peak and the streams of that level in the same rounds. After Williams, Waterman & Patterson, "Roofline"
 * (CACM 2009), with a roof for each level as in Ilic, Pratas & Sousa (2014).
 */
import type { Cell, ExperimentRow, Settings, Target, VariantRef } from "../experiment.ts";
import { on } from "../targets.ts";
import { excess, judgeBounds, ridgeFactor } from "./roofline-bounds.rules.ts";

/** Where the operands of a contestant lie, nearest first; what the machine does not have is not measured. */
export const levels = ["l1", "l2", "l3", "memory"] as const;
export type Level = (typeof levels)[number];

/** Applications of the map to each element: 1 to 64 operations for each byte of operands. */
export const mapTimes = [4, 16, 64, 256] as const;

/** Kernels that are measured at every level. */
export const levelKernels = ["dot", "axpy", "gemv", ...mapTimes.map((times) => `map${times}`)] as const;

/** What only moves bytes, as ceilings are named; the fastest of them is the bandwidth of its level. */
export const streams = ["peak-read", "peak-copy", "peak-update", "peak-stream"] as const;

/** Sides of the square products: from 21 to 171 operations a byte, far beyond every ridge. */
export const productSides = { quick: [128, 256, 512], standard: [128, 256, 512, 1024] } as const;

export const boundRounds = 15;

/** `roofline on native`. */
export function boundsWorkload(target: Target): string {
  return `roofline on ${target}`;
}

/** `dot-l1`: a kernel or a stream at a level. */
export function atLevel(kernel: string, level: Level): string {
  return `${kernel}-${level}`;
}

export function productName(side: number): string {
  return `gemm-${side}`;
}

export const rooflineBounds: ExperimentRow = {
  id: "roofline-bounds",
  title: { en: "Does the roofline hold?", zh: "屋顶线上限是否成立" },
  question:
    "Does any kernel compute faster than the peak, or faster than the level that its operands lie in can feed it?",
  topics: ["roofline", "efficiency"],
  claims: [
    {
      claim: "roofline-bounds-hold",
      rule:
        `Dot product, axpy, GEMV and a map of 4 to 256 multiply-adds an element at each cache level that is known and in memory, ` +
        `and products of matrices, on each target that ran, over at least ${boundRounds} rounds. The bound of a kernel is the ` +
        "multiply-add peak or its intensity times the bandwidth of its level (of the fastest of a read, a copy, an update " +
        "in place and a triad), whichever is less; bytes are those that move, lines that are fetched to be overwritten " +
        `included. Refuted if the 95 % interval of one kernel's share of its bound lies above ${1 + excess}, or ` +
        `if the ridge in memory (fastest map over the slope of the dot product) surely lies beyond a factor of ${ridgeFactor} of ` +
        "peak over bandwidth; confirmed if all intervals lie at or below, and the ridge surely within.",
      judge: judgeBounds,
    },
  ],
  charts: [
    {
      kind: "roofline",
      title: "Kernels of known intensity under the measured roofs",
      metric: "throughput",
    },
  ],
  plan,
};

/** Seconds of a cell: eleven contestants at each of three or four levels. */
const seconds = 12;

function plan({ targets, profile }: Settings): readonly Cell[] {
  const sides = productSides[profile === "quick" ? "quick" : "standard"];
  return (["wasm", "native"] as const)
    .filter((target) => targets.includes(target))
    .map((target) => ({ workload: boundsWorkload(target), variants: variantsOn(target, sides), seconds }));
}

function variantsOn(target: Target, sides: readonly number[]): readonly VariantRef[] {
  const inLevels = levels.flatMap((level) => levelKernels.map((kernel) => atLevel(kernel, level)));
  return on(target, [...inLevels, ...sides.map(productName)]);
}
