/**
 * Prediction before measurement: a dozen shapes of the register tile on each target, for each of which a model says what share of peak
 * it should reach, from a count of registers, loads and chains and from simulated cache lines. The predictions are
 * recorded before the first sample; then the run says what each did.
 */
import type { Cell, ExperimentRow, Settings, Target, VariantRef } from "../experiment.ts";
import { nativeAvailability } from "../native/availability.ts";
import { on } from "../targets.ts";
import { cube, shapeOf } from "./cubes.ts";
import type { KernelIsa } from "./machines.ts";
import { cellMemoryBytes, cellTimes } from "./own-workloads.ts";

/**
 * Tiles by the vectors that they are made of. Too few chains (the first ones), enough of them, narrow and wide ones, and
 * with 128 bits three that need more registers than there are (4x12, 8x8, 4x16): machine code refuses such, and with
 * 256 bits a third vector in a row leaves no register for the masks at the border.
 */
export const predictedTiles: Readonly<Record<KernelIsa, readonly string[]>> = {
  wasm: [
    ...["1x4", "2x4", "4x4", "2x8", "4x8", "6x8"],
    ...["8x4", "12x4", "3x12", "2x16"],
    ...["4x12", "8x8", "4x16"],
  ],
  avx2: ["1x8", "2x8", "4x8", "8x8", "12x8", "1x16", "2x16", "3x16", "4x16", "5x16", "6x16"],
  avx512: [
    ...["1x16", "2x16", "4x16", "8x16", "12x16"],
    ...["1x32", "2x32", "4x32", "8x32", "12x32", "14x32"],
    ...["4x48", "8x48", "4x64"],
  ],
};

/** The vectors of a target here; where native code does not run, nothing is planned on it. */
export function isaOn(target: Target): KernelIsa {
  const native = target === "native" ? nativeAvailability() : undefined;
  return native?.available ? native.isa : "wasm";
}

function refsOn(settings: Pick<Settings, "targets">): readonly VariantRef[] {
  return (["wasm", "native"] as const)
    .filter((target) => settings.targets.includes(target))
    .filter((target) => target === "wasm" || nativeAvailability().available)
    .flatMap((target) =>
      on(
        target,
        predictedTiles[isaOn(target)].map((tile) => `micro-${tile}`),
      ),
    );
}

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
  ownWorkloads: {
    kind: "product",
    memoryBytes: (workload, settings) => cellMemoryBytes(workload, refsOn(settings).length),
  },
  plan,
};

/** Sides by profile, with the seconds of a cell. Every tile divides 480 or nearly; 256 is of a few milliseconds. */
const sides = { quick: [240, 4], standard: [480, 10], full: [960, 60] } as const;

/** Rounds: no rule reads them. */
export const predictRounds = { quick: 7, standard: 11, full: 15 } as const;

function plan(settings: Settings): readonly Cell[] {
  const refs = refsOn(settings);
  if (refs.length === 0) return [];
  if (settings.workloads) {
    const rounds = predictRounds[settings.profile];
    return settings.workloads.map((workload) => ({
      workload,
      variants: refs,
      ...cellTimes(workload, refs, rounds, settings),
    }));
  }
  const [n, seconds] = sides[settings.profile];
  return [
    { workload: cube(n), variants: refs, seconds: (seconds * refs.length) / predictedTiles.wasm.length },
  ];
}

/** Part of a product that is traced for its cache lines: enough rows and columns that each further one does the same. */
export function tracedPart(workload: string): { readonly m: number; readonly n: number; readonly k: number } {
  const { m, n, k } = shapeOf(workload);
  return { m: Math.min(m, 96), n: Math.min(n, 256), k: Math.min(k, 512) };
}
