/** The raw data beside a report: every measurement and every sample as CSV, in full precision. */
import type { StoredRun, StoredSample, StoredTraining } from "../catalog/ledger.ts";
import type { Measurement } from "../kernels/experiment.ts";
import { csv } from "./csv.ts";
import type { ReportFile } from "./folder.ts";

/** `measurements.csv` and `samples.csv`; `curves.csv` where something was trained. */
export function rawData({ measurements, samples, trainings }: StoredRun): ReportFile[] {
  return [
    { path: "measurements.csv", text: measurementsCsv(measurements) },
    { path: "samples.csv", text: samplesCsv(samples) },
    ...(trainings.length === 0 ? [] : [{ path: "curves.csv", text: curvesCsv(trainings) }]),
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

interface CurvePoint extends StoredTraining {
  readonly metric: string;
  readonly epoch: number;
  readonly value: number;
}

function curvesCsv(trainings: readonly StoredTraining[]): string {
  const points = trainings.flatMap((training): CurvePoint[] =>
    Object.entries(training.curves).flatMap(([metric, curve]) =>
      curve.map((value, epoch) => ({ ...training, metric, epoch: epoch + 1, value })),
    ),
  );
  return csv<CurvePoint>(
    [
      ["experiment", (point) => point.experiment],
      ["workload", (point) => point.workload],
      ["variant", (point) => point.variant],
      ["seed", (point) => point.seed],
      ["metric", (point) => point.metric],
      ["epoch", (point) => point.epoch],
      ["value", (point) => point.value],
    ],
    points,
  );
}
