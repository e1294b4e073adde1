/**
 * Prediction before measurement: a dozen shapes of the register tile, for each of which a model says what share of peak
 * it should reach, from a count of registers, loads and chains and from simulated cache lines. The predictions are
 * recorded before the first sample; then the run says what each did.
 */
import type { Cell, ExperimentRow, Settings } from "../experiment.ts";
import { on } from "../targets.ts";
import { cube, shapeOf } from "./cubes.ts";
import { cellMemoryBytes, cellTimes } from "./own-workloads.ts";

/**
 * Too few chains (1x4 to 2x8), enough of them (4x8 to 6x8), narrow and wide ones, and three that need more registers
 * than there are (4x12, 8x8, 4x16).
 */
export const predictedTiles = [
  ...["1x4", "2x4", "4x4", "2x8", "4x8", "6x8"],
  ...["8x4", "12x4", "3x12", "2x16"],
  ...["4x12", "8x8", "4x16"],
] as const;

const variants = predictedTiles.map((tile) => `micro-${tile}`);

/** The tile of a variant of this experiment. @throws RangeError for any other */
export function tileOf(variant: string): { readonly mr: number; readonly nr: number } {
  const [mr, nr] = /^micro-(\d+)x(\d+)$/.exec(variant)?.slice(1).map(Number) ?? [];
  if (mr && nr) return { mr, nr };
  throw new RangeError(`expected a variant such as micro-6x8; found ${variant}`);
}

export const gemmPredict: ExperimentRow = {
  id: "gemm-predict",
  title: { en: "Predicted, then measured", zh: "先预测后测量" },
  question:
    "Can a count of registers, loads, chains and cache lines tell beforehand which tile is fast, and by how much?",
  topics: ["gemm"],
  claims: [],
  charts: [{ kind: "forecast", title: "Predicted and measured share of peak", metric: "peak-fraction" }],
  foretells: true,
  ownWorkloads: { memoryBytes: (workload) => cellMemoryBytes(workload, variants.length) },
  plan,
};

/** Sides by profile, with the seconds of a cell. Every tile divides 480 or nearly; 256 is of a few milliseconds. */
const sides = { quick: [240, 4], standard: [480, 10], full: [960, 60] } as const;

/** Rounds: no rule reads them. */
export const predictRounds = { quick: 7, standard: 11, full: 15 } as const;

function plan(settings: Settings): readonly Cell[] {
  if (!settings.targets.includes("wasm")) return [];
  const refs = on("wasm", variants);
  if (settings.workloads) {
    const rounds = predictRounds[settings.profile];
    return settings.workloads.map((workload) => ({
      workload,
      variants: refs,
      ...cellTimes(workload, refs, rounds, settings),
    }));
  }
  const [n, seconds] = sides[settings.profile];
  return [{ workload: cube(n), variants: refs, seconds }];
}

/** Part of a product that is traced for its cache lines: enough rows and columns that each further one does the same. */
export function tracedPart(workload: string): { readonly m: number; readonly n: number; readonly k: number } {
  const { m, n, k } = shapeOf(workload);
  return { m: Math.min(m, 96), n: Math.min(n, 256), k: Math.min(k, 512) };
}
