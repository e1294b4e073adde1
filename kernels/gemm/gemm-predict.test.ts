import { expect, it } from "vitest";
import type { Settings } from "../experiment.ts";
import { experimentById } from "../registry.ts";
import { runInProcess } from "../run-in-process.ts";
import { predictedTiles } from "./gemm-predict.experiment.ts";
import { procedure } from "./gemm-predict.ts";

const settings: Settings = { profile: "quick", seed: 1, targets: ["wasm"], workloads: ["17x20x33"] };

it("says beforehand what it then records, for every tile and before the first time", async () => {
  const experiment = experimentById("gemm-predict");
  if (!experiment) throw new Error("gemm-predict is not registered");
  const cells = experiment.plan(settings);
  const said = (await Promise.all(cells.map((cell) => procedure.foretell?.(cell)))).flat();
  const { measurements, failures } = await runInProcess(experiment, cells, settings);
  expect(failures).toEqual([]);
  const firstTime = measurements.findIndex((m) => m.metric === "time");
  const predictions = measurements.filter((m) => m.metric === "predicted-peak-fraction");
  expect(predictions.map((m) => m.variant)).toEqual(predictedTiles.map((tile) => `micro-${tile}`));
  for (const prediction of predictions) {
    expect(measurements.indexOf(prediction)).toBeLessThan(firstTime);
    const share = String(Number((100 * prediction.value).toPrecision(3)));
    expect(said.find((line) => line?.startsWith(`${prediction.variant}:`))).toContain(`: ${share} % of peak`);
  }
}, 60_000);
