/**
 * Timed experiments run on products small enough for a test. No time is asserted; what is asserted is that kernels
 * agree with their references and that everything the rules ask for is measured.
 */
import { describe, expect, it } from "vitest";
import { evidenceOf } from "./evidence.ts";
import type { Cell, Experiment, Settings } from "./experiment.ts";
import { findingsIn } from "./judge.ts";
import { experimentById } from "./registry.ts";
import { runInProcess } from "./run-in-process.ts";

const settings: Settings = { profile: "quick", seed: 7, targets: ["js", "wasm"] };
const standard: Settings = { ...settings, profile: "standard" };

function experiment(id: string): Experiment {
  const found = experimentById(id);
  if (!found) throw new Error(`no experiment ${id}`);
  return found;
}

/** One small cell of a timed experiment: the planned variants on another workload. */
function small(id: string, planned: RegExp, workload: string): Cell {
  const cell = experiment(id)
    .plan(standard)
    .find((candidate) => planned.test(candidate.workload));
  if (!cell) throw new Error(`${id} plans no ${planned}`);
  return { ...cell, workload };
}

/** What a rule says where a figure that follows from time was not measured; where, in the first group. */
const missingTime = /^no (?:time|speed-up|throughput|peak-fraction|bandwidth) of .* at (.+) was measured: /;

/** The workloads for which nothing is planned but what this cell measures. */
function sizesLike({ plan }: Experiment, { variants }: Cell): string[] {
  const measured = new Set(variants.map(({ variant, target }) => `${variant} ${target}`));
  return plan(standard)
    .filter((cell) => cell.variants.every(({ variant, target }) => measured.has(`${variant} ${target}`)))
    .map(({ workload }) => workload);
}

describe("timed experiments", () => {
  const cases = [
    { id: "gemm-ladder", planned: /^512x/, workload: "40x40x40" },
    { id: "gemm-waterfall", planned: /^640x/, workload: "40x40x40" },
    { id: "gemm-predict", planned: /^480x/, workload: "40x40x40" },
    { id: "gemm-loop-order", planned: /^512x512x512$/, workload: "40x40x40" },
    { id: "gemm-register-tile", planned: /^256x/, workload: "40x40x40" },
    { id: "gemm-tile-size", planned: /^1024x/, workload: "40x40x40" },
    { id: "gemm-tiling", planned: /^1024x/, workload: "40x40x40" },
    { id: "im2col-loops", planned: /x32 on/, workload: "3x3x32 on 28x28" },
    { id: "im2col-packing", planned: /x16 on/, workload: "3x3x16 on 56x56" },
    { id: "indirect-convolution", planned: /^googlenet-3a/, workload: "googlenet-3a-5x5" },
    { id: "conv-algorithms", planned: /^mobilenet-dw8$/, workload: "mobilenet-dw8" },
    { id: "im2col-traffic", planned: /^lenet5-c3$/, workload: "lenet5-c3" },
    {
      id: "network-profile",
      planned: /AlexNet/,
      workload: "scaled-down AlexNet, one image of 3x131x131",
    },
    { id: "softmax-passes", planned: /^rows of 1000$/, workload: "rows of 64" },
    { id: "adaptive-softmax", planned: /^training step/, workload: "training step, 500 words" },
    { id: "gemv-rate", planned: /matrix/, workload: "128x128 matrix" },
  ];

  for (const { id, planned, workload } of cases) {
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
      // As if the same had been measured at every size for which the same variants are planned.
      const sizes = sizesLike(experiment(id), cell);
      const pretended = sizes.flatMap((size) => measurements.map((m) => ({ ...m, workload: size })));
      for (const claim of experiment(id).claims) {
        const { evidence } = claim.judge(evidenceOf(pretended, "standard"));
        const absent = findingsIn(evidence).filter((text) => {
          const place = missingTime.exec(text)?.[1];
          return place !== undefined && sizes.includes(place);
        });
        expect(absent).toEqual([]);
      }
    }, 60_000);
  }
});

describe("cache levels", () => {
  it("are timed with chases that end where they must", async () => {
    const row = experiment("gemm-tiling");
    const cells = row.plan(standard).filter(({ workload }) => workload === "dependent loads");
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
