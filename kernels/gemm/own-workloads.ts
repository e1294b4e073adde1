/**
 * What it takes to time a product of the user's own size: bytes before anything is allocated, and seconds for the plan.
 * Light, because plans and the command line ask.
 */
import type { Settings, VariantRef } from "../experiment.ts";
import type { GemmShape } from "./arguments.ts";
import { equivalentSide, shapeOf } from "./cubes.ts";

/** Rows or columns by which a packed copy may be rounded up: the largest register tile there is, and to spare. */
const roundedUp = 64;

/**
 * Bytes of the memory in which `variants` variants multiply this shape: operands, and for each variant at most a copy
 * of A and of B, rounded up to whole tiles and lines.
 */
export function productMemoryBytes({ m, n, k }: GemmShape, variants: number): number {
  const workspace = 4 * (m + roundedUp) * k + 4 * (n + roundedUp) * k + 8192;
  return 4 * (m * k + k * n + m * n) + variants * workspace + 4096;
}

/** Bytes of everything that a cell allocates: the kernels' memory, and the float64 reference with its bounds. */
export function cellMemoryBytes(workload: string, variants: number): number {
  const shape = shapeOf(workload);
  return productMemoryBytes(shape, variants) + 2 * 8 * shape.m * shape.n;
}

/**
 * GFLOP/s that a variant reaches at the least on a core of the last ten years: rough, for an estimate within a factor of
 * two or three. The first row whose pattern fits counts.
 */
const slowest: readonly (readonly [RegExp, number])[] = [
  [/^naive-ijk/, 0.5],
  [/^(?:loop|blocked)(?!.*simd)/, 2],
  [/^(?:loop|blocked)/, 8],
  [/^register-\d+x\d+$/, 3],
  [/^register|^micro-4x4/, 20],
  [/./, 25],
];

function rateOf({ variant, target }: VariantRef): number {
  const rate = slowest.find(([pattern]) => pattern.test(variant))?.[1] ?? 1;
  return 1e9 * (target === "js" ? rate / 2 : rate);
}

/** Seconds of one call of each variant, all together. */
export function secondsPerRound(shape: GemmShape, variants: readonly VariantRef[]): number {
  const flops = 2 * equivalentSide(shape) ** 3;
  return variants.reduce((sum, ref) => sum + flops / rateOf(ref), 0);
}

/** Rounds that a call needs before the first that counts: the check, warming up, the reference. */
const roundsBefore = 4;
/** Sampling goes on until its budget is spent; a silence of this many rounds is longer than any sample. */
const budget = { quick: 1, standard: 4, full: 31 } as const;
const leastSilence = 60;

/** Expected seconds of a cell and the silence after which it counts as hung. */
export function cellTimes(
  workload: string,
  variants: readonly VariantRef[],
  rounds: number,
  { profile }: Pick<Settings, "profile">,
): { readonly seconds: number; readonly silence: number } {
  const round = secondsPerRound(shapeOf(workload), variants);
  const seconds = roundsBefore * round + Math.max(rounds * round, Math.min(budget[profile], 200 * round)) + 1;
  return { seconds: Math.ceil(seconds), silence: Math.max(leastSilence, Math.ceil(10 * round)) };
}
