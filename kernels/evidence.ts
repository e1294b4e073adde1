/**
 * What rules look their numbers up in: the measurements of one experiment in one run, resumed parts included.
 * Apart from the host so that rules can be tried on stored and on made-up measurements alike.
 */
import type { Evidence, Measurement, MeasurementQuery, Profile, Settings } from "./experiment.ts";
import { isPeer } from "./variant.ts";

/**
 * Evidence over these measurements; queries see them in the given order. Those of peers are left out: a claim is about
 * our kernels, and its verdict must not depend on what else is installed.
 */
export function evidenceOf(
  all: readonly Measurement[],
  profile: Profile,
  { workloads }: Pick<Settings, "workloads"> = {},
): Evidence {
  const measurements = all.filter((measurement) => !isPeer(measurement));
  return {
    measurements,
    profile,
    ...(workloads && { workloads }),
    find: (query) => measurements.find((measurement) => matches(measurement, query)),
    all: (query) => measurements.filter((measurement) => matches(measurement, query)),
  };
}

function matches(measurement: Measurement, query: MeasurementQuery): boolean {
  return (
    (query.workload === undefined || query.workload === measurement.workload) &&
    (query.variant === undefined || query.variant === measurement.variant) &&
    (query.target === undefined || query.target === measurement.target) &&
    (query.metric === undefined || query.metric === measurement.metric) &&
    (query.against === undefined || query.against === measurement.against?.variant)
  );
}
