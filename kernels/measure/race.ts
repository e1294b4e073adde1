/**
 * A race outside of any experiment, for benchmarks that print figures and for tests: the same checks, rounds and paired
 * ratios as `kdaccel bench`, in the calling process.
 */
import type { Bench, Candidate, ComparisonOptions, Measurement, VariantRef } from "../experiment.ts";
import type { FailedEvent } from "../run-events.ts";
import { sameVariant } from "../variant.ts";
import { createBench } from "./bench.ts";

export interface Race {
  /** Of one contestant; undefined where it was wrong or absent. */
  find(ref: VariantRef, metric: string, against?: VariantRef): Measurement | undefined;
  readonly failures: readonly FailedEvent[];
}

/** Races the candidates that `candidatesFor` makes of these variants. */
export async function race(
  workload: string,
  refs: readonly VariantRef[],
  candidatesFor: (bench: Bench) => readonly Candidate[],
  options: ComparisonOptions,
): Promise<Race> {
  const measurements: Measurement[] = [];
  const failures: FailedEvent[] = [];
  const bench = createBench({
    experiment: "race",
    cell: { workload, variants: refs, seconds: 1 },
    settings: { profile: "standard", seed: 1, targets: ["js", "wasm", "native"] },
    excluded: [],
    emit: (event) => {
      if (event.type === "measurement") measurements.push(event);
      if (event.type === "failed") failures.push(event);
    },
  });
  await bench.compare(candidatesFor(bench), options);
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
