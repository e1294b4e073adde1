/**
 * Fits the cost model to the training step of a softmax on this machine and prints it as `storedCosts` has it, with the
 * error of the fit and the clusters that follow. Run: node kernels/softmax/adaptive/adaptive.bench.ts
 */
import type { KernelTarget } from "../../codegen/compile.ts";
import { Memory } from "../../codegen/memory.ts";
import { nativeAvailability } from "../../native/availability.ts";
import { randomStream } from "../../random.ts";
import { type CostSample, chooseClusters, expectedSeconds, expectedStep, fitCost } from "./cost-model.ts";
import { createDenseLayer, denseLayerBytes } from "./dense-layer.ts";
import { zipfText } from "./zipf-text.ts";

const classCounts = [64, 256, 1024, 4096, 16384];
const rowCounts = [8, 32, 128, 256];
const widths = [16, 64];
/** The task of the experiment. */
const task = { vocabulary: 20_000, width: 64, batch: 256 };
/** Runs of each size, of which the median counts, until this many seconds have passed. */
const secondsEach = { js: 0.3, wasm: 0.15, native: 0.1 } as const;
const leastRuns = 5;

function measured(target: KernelTarget, classes: number, rows: number, width: number): CostSample {
  const options = { target, batch: rows };
  const memory = new Memory(denseLayerBytes(classes, width, options) + 8 * rows * width + 256);
  const features = memory.allocate("f32", rows * width);
  const featureGradients = memory.allocate("f32", rows * width).address;
  const layer = createDenseLayer(classes, width, { ...options, memory });
  const random = randomStream(classes + rows + width);
  for (const view of [features.view, layer.weights])
    for (let i = 0; i < view.length; i++) view[i] = (random() - 0.5) / 4;
  const words = Int32Array.from({ length: rows }, () => Math.floor(random() * classes));
  const call = {
    features: features.address,
    classes: words,
    rows,
    featureGradients,
    scale: 1 / rows,
    rate: 0.01,
  };
  const times: number[] = [];
  const began = performance.now();
  layer.train(call);
  while (times.length < leastRuns || performance.now() - began < 1000 * secondsEach[target]) {
    const start = performance.now();
    layer.train(call);
    times.push((performance.now() - start) / 1000);
  }
  const seconds = times.sort((a, b) => a - b)[times.length >> 1] as number;
  return { classes, rows, width, seconds };
}

const { probabilities } = zipfText(task.vocabulary, randomStream(1));
const targets: KernelTarget[] = nativeAvailability().available ? ["js", "wasm", "native"] : ["js", "wasm"];
for (const target of targets) {
  const samples = widths.flatMap((width) =>
    rowCounts.flatMap((rows) => classCounts.map((classes) => measured(target, classes, rows, width))),
  );
  const cost = fitCost(samples);
  const off = samples
    .map((sample) => Math.abs(expectedSeconds(cost, sample) / sample.seconds - 1))
    .sort((a, b) => a - b);
  const median = off[off.length >> 1] as number;
  const demand = { probabilities, width: task.width, batch: task.batch };
  const clusters = chooseClusters(cost, demand);
  const full = expectedSeconds(cost, { classes: task.vocabulary, rows: task.batch, width: task.width });
  const [call, score, product] = [cost.call, cost.score, cost.product].map((x) => x.toPrecision(3));
  console.log(`${target}: { call: ${call}, score: ${score}, product: ${product} }`);
  console.log(
    `  off by ${(100 * median).toFixed(0)} % (median), ${(100 * (off.at(-1) as number)).toFixed(0)} % (most)`,
  );
  console.log(`  head ${clusters.head}, tails from ${clusters.tails.map(({ from }) => from).join(", ")}`);
  console.log(
    `  expected: full ${(1000 * full).toFixed(1)} ms, adaptive ${(1000 * expectedStep(cost, clusters, demand)).toFixed(1)} ms`,
  );
}
