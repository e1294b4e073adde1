/** A race on one layer, for benchmarks that print figures (../measure/race.ts). */
import type { ComparisonOptions, VariantRef } from "../experiment.ts";
import { type Race, race } from "../measure/race.ts";
import { layerCandidates } from "./contest.ts";
import type { NamedShape } from "./layer-cells.ts";

/** Races variants, peers among them, on one layer with random operands. */
export function raceLayer(
  { name, shape }: NamedShape,
  refs: readonly VariantRef[],
  options: ComparisonOptions,
): Promise<Race> {
  return race(name, refs, (bench) => layerCandidates(shape, refs, bench), options);
}
