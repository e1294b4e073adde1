import { expect, it } from "vitest";
import type { Settings, Target } from "../experiment.ts";
import { nativeAvailability } from "../native/availability.ts";
import { experimentById } from "../registry.ts";
import { runInProcess } from "../run-in-process.ts";
import { registersNeeded } from "../tune/space.ts";
import { gemmText } from "./gemm.ts";
import { predictedTiles } from "./gemm-predict.experiment.ts";
import { procedure } from "./gemm-predict.ts";
import { type KernelIsa, machineRow } from "./machines.ts";

const native = nativeAvailability();
const targets: readonly (readonly [Target, KernelIsa])[] = [
  ["wasm", "wasm"],
  ...(native.available ? [["native", native.isa] as const] : []),
];

it.each(targets)(
  "says on %s beforehand what it then records, for every tile and before the first time",
  async (target, isa) => {
    const settings: Settings = { profile: "quick", seed: 1, targets: [target], workloads: ["17x20x33"] };
    const experiment = experimentById("gemm-predict");
    if (!experiment) throw new Error("gemm-predict is not registered");
    const cells = experiment.plan(settings);
    const said = (await Promise.all(cells.map((cell) => procedure.foretell?.(cell)))).flat();
    const { measurements, failures } = await runInProcess(experiment, cells, settings);
    expect(failures).toEqual([]);
    const firstTime = measurements.findIndex((m) => m.metric === "time");
    const predictions = measurements.filter((m) => m.metric === "predicted-peak-fraction");
    expect(predictions.map((m) => m.variant)).toEqual(predictedTiles[isa].map((tile) => `micro-${tile}`));
    for (const prediction of predictions) {
      expect(measurements.indexOf(prediction)).toBeLessThan(firstTime);
      const share = String(Number((100 * prediction.value).toPrecision(3)));
      expect(said.find((line) => line?.match(/^[^ :]+/)?.[0] === prediction.variant)).toContain(
        `: ${share} % of peak`,
      );
    }
  },
  60_000,
);

it.each(["avx2", "avx512"] as const)(
  "has only tiles on %s that its registers hold, masks at the border included",
  (isa) => {
    const { vectorBytes, registers } = machineRow("f32", isa);
    for (const tile of predictedTiles[isa]) {
      const [mr, nr] = tile.split("x").map(Number) as [number, number];
      expect(registersNeeded({ mr, nr }, vectorBytes / 4)).toBeLessThanOrEqual(
        isa === "avx2" ? registers - 1 : registers,
      );
      expect(gemmText(`micro-${tile}`, "native", { isa })).toContain("vfmadd");
    }
  },
);
