/** A race on one product, for benchmarks that print figures (../measure/race.ts). */
import type { Candidate, ComparisonOptions, VariantRef } from "../experiment.ts";
import { type Race, race } from "../measure/race.ts";
import type { GemmShape } from "./arguments.ts";
import { productCandidates } from "./contest.ts";

export interface RaceOptions extends ComparisonOptions {
  /** Contestants besides the products, made for this race: ceilings, empty calls. */
  readonly beside?: readonly Candidate[];
}

/** Races variants, peers among them, on one product of random operands. */
export function raceProducts(
  shape: GemmShape,
  refs: readonly VariantRef[],
  { beside = [], ...options }: RaceOptions = {},
): Promise<Race> {
  return race(
    shapeName(shape),
    refs,
    (bench) => [...productCandidates(shape, refs, bench), ...beside],
    options,
  );
}

/** `MxNxK`, as workloads are named. */
export function shapeName({ m, n, k }: GemmShape): string {
  return `${m}x${n}x${k}`;
}
