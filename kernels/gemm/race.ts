/**
 * A race on one product outside of any experiment, for benchmarks that print figures: the same checks, rounds and paired
 * ratios as `kdaccel bench`, in the calling process.
 */
import type { Candidate, ComparisonOptions, FailedEvent, Measurement, VariantRef } from "../experiment.ts";
import { createBench } from "../measure/bench.ts";
import { sameVariant } from "../variant.ts";
import type { GemmShape } from "./arguments.ts";
import { productCandidates } from "./contest.ts";

export interface RaceOptions extends ComparisonOptions {
  /** Contestants besides the products, made for this race: ceilings, empty calls. */
  readonly beside?: readonly Candidate[];
}

export interface Race {
  /** Of one contestant; undefined where it was wrong or absent. */
  find(ref: VariantRef, metric: string, against?: VariantRef): Measurement | undefined;
  readonly failures: readonly FailedEvent[];
}

/** Races variants, peers among them, on one product of random operands. */
export async function raceProducts(
  shape: GemmShape,
  refs: readonly VariantRef[],
  { beside = [], ...options }: RaceOptions = {},
): Promise<Race> {
  const measurements: Measurement[] = [];
  const failures: FailedEvent[] = [];
  const bench = createBench({
    experiment: "race",
    cell: { workload: shapeName(shape), variants: refs, seconds: 1 },
    settings: { profile: "standard", seed: 1, targets: ["js", "wasm"] },
    excluded: [],
    emit: (event) => {
      if (event.type === "measurement") measurements.push(event);
      if (event.type === "failed") failures.push(event);
    },
  });
  await bench.compare([...productCandidates(shape, refs, bench), ...beside], options);
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

/** `MxNxK`, as workloads are named. */
export function shapeName({ m, n, k }: GemmShape): string {
  return `${m}x${n}x${k}`;
}
