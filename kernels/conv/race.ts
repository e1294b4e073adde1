/**
 * A race on one layer outside of any experiment, for benchmarks that print figures: the same checks, rounds and paired
 * ratios as `kdaccel bench`, in the calling process.
 */
import type { ComparisonOptions, FailedEvent, Measurement, VariantRef } from "../experiment.ts";
import { createBench } from "../measure/bench.ts";
import { sameVariant } from "../variant.ts";
import { layerCandidates } from "./contest.ts";
import type { NamedShape } from "./layer-cells.ts";

export interface LayerRace {
  /** Of one contestant; undefined where it was wrong or absent. */
  find(ref: VariantRef, metric: string, against?: VariantRef): Measurement | undefined;
  readonly failures: readonly FailedEvent[];
}

/** Races variants, peers among them, on one layer with random operands. */
export async function raceLayer(
  { name, shape }: NamedShape,
  refs: readonly VariantRef[],
  options: ComparisonOptions,
): Promise<LayerRace> {
  const measurements: Measurement[] = [];
  const failures: FailedEvent[] = [];
  const bench = createBench({
    experiment: "race",
    cell: { workload: name, variants: refs, seconds: 1 },
    settings: { profile: "standard", seed: 1, targets: ["js", "wasm", "native"] },
    excluded: [],
    emit: (event) => {
      if (event.type === "measurement") measurements.push(event);
      if (event.type === "failed") failures.push(event);
    },
  });
  await bench.compare(layerCandidates(shape, refs, bench), options);
  return {
    failures,
    find: (ref, metric, against) =>
      measurements.find(
        (m) =>
          sameVariant(m, ref) &&
          m.metric === metric &&
          (!against || (m.against !== undefined && sameVariant(m.against, against))),
      ),
  };
}
