/**
 * Timed experiments run on products small enough for a test. No time is asserted; what is asserted is that kernels
 * agree with their references and that everything the rules ask for is measured.
 */
import { describe, expect, it } from "vitest";
import { evidenceOf } from "./evidence.ts";
import type { Cell, Experiment, Settings } from "./experiment.ts";
import { experimentById } from "./registry.ts";
import { runInProcess } from "./run-in-process.ts";

const settings: Settings = { profile: "quick", seed: 7, targets: ["js", "wasm"] };

function experiment(id: string): Experiment {
  const found = experimentById(id);
  if (!found) throw new Error(`no experiment ${id}`);
  return found;
}

/** One small cell of a timed experiment: the planned variants on another workload. */
function small(id: string, planned: RegExp, workload: string): Cell {
  const cell = experiment(id)
    .plan({ ...settings, profile: "standard" })
    .find((candidate) => planned.test(candidate.workload));
  if (!cell) throw new Error(`${id} plans no ${planned}`);
  return { ...cell, workload };
}

describe("timed experiments", () => {
  const cases = [
    {
      id: "gemm-ladder",
      planned: /^512x/,
      workload: "40x40x40",
      asked: ["256x256x256", "512x512x512", "1024x1024x1024"],
    },
    { id: "gemm-waterfall", planned: /^640x/, workload: "40x40x40", asked: [] },
    { id: "gemm-predict", planned: /^480x/, workload: "40x40x40", asked: [] },
    { id: "gemm-loop-order", planned: /^512x512x512$/, workload: "40x40x40", asked: ["512x512x512"] },
    { id: "gemm-register-tile", planned: /^256x/, workload: "40x40x40", asked: ["256x256x256"] },
    { id: "gemm-tile-size", planned: /^1024x/, workload: "40x40x40", asked: ["1024x1024x1024"] },
    {
      id: "gemm-tiling",
      planned: /^1024x/,
      workload: "40x40x40",
      asked: ["64x64x64", "256x256x256", "512x512x512", "1024x1024x1024"],
    },
    { id: "im2col-loops", planned: /x32 on/, workload: "3x3x32 on 28x28", asked: [] },
    { id: "im2col-packing", planned: /x16 on/, workload: "3x3x16 on 56x56", asked: [] },
    { id: "indirect-convolution", planned: /^googlenet-3a/, workload: "googlenet-3a-5x5", asked: [] },
    { id: "conv-algorithms", planned: /^mobilenet-dw8$/, workload: "mobilenet-dw8", asked: [] },
    { id: "im2col-traffic", planned: /^lenet5-c3$/, workload: "lenet5-c3", asked: ["lenet5-c3"] },
    {
      id: "network-profile",
      planned: /AlexNet/,
      workload: "scaled-down AlexNet, one image of 3x131x131",
      asked: ["scaled-down AlexNet, one image of 3x131x131"],
    },
    { id: "softmax-passes", planned: /^rows of 1000$/, workload: "rows of 64", asked: [] },
    {
      id: "adaptive-softmax",
      planned: /^training step/,
      workload: "training step, 500 words",
      asked: ["training step, 20000 words"],
    },
    { id: "gemv-rate", planned: /matrix/, workload: "128x128 matrix", asked: ["4096x4096 matrix"] },
  ];

  for (const { id, planned, workload, asked } of cases) {
    it(`${id} times every variant, all of them correct, and measures each ratio that its rules ask for`, async () => {
      const cell = small(id, planned, workload);
      const { measurements, failures } = await runInProcess(experiment(id), [cell], settings);
      expect(failures).toEqual([]);
      for (const { variant, target } of cell.variants) {
        const time = measurements.find(
          (m) => m.variant === variant && m.target === target && m.metric === "time",
        );
        expect(time, `time of ${variant} on ${target}`).toBeDefined();
      }
      // As if the same had been measured at every size that the rules name.
      const pretended = asked.flatMap((size) => measurements.map((m) => ({ ...m, workload: size })));
      for (const claim of experiment(id).claims) {
        const { evidence } = claim.judge(evidenceOf(pretended, "standard"));
        expect(evidence).not.toMatch(
          /no (time|speed-up|throughput|peak-fraction|misses-per-mac|bandwidth) of (?!any variant at dependent)/,
        );
      }
    }, 60_000);
  }
});

describe("cache levels", () => {
  it("are timed with chases that end where they must", async () => {
    const row = experiment("gemm-tiling");
    const cells = row
      .plan({ ...settings, profile: "standard" })
      .filter(({ workload }) => workload === "dependent loads");
    const { measurements, failures } = await runInProcess(row, cells, settings);
    expect(failures).toEqual([]);
    expect(measurements.filter((m) => m.metric === "time")).toHaveLength(cells[0]?.variants.length ?? 0);
  }, 60_000);
});

describe("fma-rounding", () => {
  it("gives the same bits at every run with the same seed", async () => {
    const row = experiment("fma-rounding");
    const [first, again] = [
      await runInProcess(row, row.plan(settings), settings),
      await runInProcess(row, row.plan(settings), settings),
    ];
    expect(again).toEqual(first);
    const errors = first.measurements.filter((m) => m.metric === "mean-error").map((m) => m.value);
    expect(errors).toHaveLength(2);
    for (const error of errors) expect(error > 1e-7 && error < 1e-4).toBe(true);
  });
});
