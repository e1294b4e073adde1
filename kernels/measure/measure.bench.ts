/**
 * Prints what measuring is worth on this machine: the timer, the two ceilings, and A against A, which should be 1.
 * Run: node kernels/measure/measure.bench.ts
 */
import type { Candidate, Measurement } from "../experiment.ts";
import { createBench } from "./bench.ts";
import { processClock, shortestSampleSeconds } from "./clock.ts";
import { multiplyAddPeak, streamPeak } from "./peak.ts";

const clock = processClock();
console.log(`timer: resolution ${(clock.resolutionSeconds * 1e9).toFixed(0)} ns`);
console.log(`shortest sample: ${(shortestSampleSeconds(clock) * 1e6).toFixed(0)} us`);

const found = await compared([
  { ...multiplyAddPeak(), variant: "A" },
  { ...multiplyAddPeak(), variant: "A again" },
  streamPeak(),
]);
for (const m of found) {
  if (m.metric === "time") continue;
  const [value, low, high] = [m.value, m.low, m.high].map((x) => x.toFixed(4));
  console.log(`${m.variant}: ${m.metric} ${value} [${low}, ${high}] ${m.unit}, ${m.n} rounds`);
}
console.log("expected of a core with two 128-bit units: 16 operations a cycle, 16 GFLOP/s for each GHz");

/** One comparison outside any run; returns its measurements. */
async function compared(candidates: readonly Candidate[]): Promise<readonly Measurement[]> {
  const measurements: Measurement[] = [];
  const bench = createBench({
    experiment: "measure",
    cell: { workload: "ceilings", variants: [], seconds: 5 },
    settings: { profile: "standard", seed: 1, targets: ["js", "wasm"] },
    excluded: [],
    emit: (event) => {
      if (event.type === "measurement") measurements.push(event);
    },
  });
  await bench.compare(candidates, { ceiling: false });
  return measurements;
}
