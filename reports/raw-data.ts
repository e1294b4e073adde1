/** The raw data beside a report: every measurement and every sample as CSV, in full precision. */
import type { StoredRun, StoredSample } from "../catalog/ledger.ts";
import type { Measurement } from "../kernels/experiment.ts";
import { csv } from "./csv.ts";
import type { ReportFile } from "./folder.ts";

/** `measurements.csv` and `samples.csv`. */
export function rawData({ measurements, samples }: StoredRun): ReportFile[] {
  return [
    { path: "measurements.csv", text: measurementsCsv(measurements) },
    { path: "samples.csv", text: samplesCsv(samples) },
  ];
}

function measurementsCsv(measurements: readonly Measurement[]): string {
  return csv<Measurement>(
    [
      ["experiment", (m) => m.experiment],
      ["workload", (m) => m.workload],
      ["variant", (m) => m.variant],
      ["target", (m) => m.target],
      ["threads", (m) => m.threads],
      ["metric", (m) => m.metric],
      ["unit", (m) => m.unit],
      ["kind", (m) => m.kind],
      ["value", (m) => m.value],
      ["low", (m) => m.low],
      ["high", (m) => m.high],
      ["n", (m) => m.n],
      ["against_variant", (m) => m.against?.variant],
      ["against_target", (m) => m.against?.target],
      ["correct", (m) => m.correct],
    ],
    measurements,
  );
}

function samplesCsv(samples: readonly StoredSample[]): string {
  return csv<StoredSample>(
    [
      ["experiment", (sample) => sample.experiment],
      ["workload", (sample) => sample.workload],
      ["variant", (sample) => sample.variant],
      ["target", (sample) => sample.target],
      ["metric", (sample) => sample.metric],
      ["round", (sample) => sample.round],
      ["value", (sample) => sample.value],
    ],
    samples,
  );
}
