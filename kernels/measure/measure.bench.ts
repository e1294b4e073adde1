/**
 * Prints what measuring is worth on this machine: the timer, the sampler, the clock frequency and the peak that
 * follows from it, bandwidth by size, and A against A, which should be 1.
 * Run: node kernels/measure/measure.bench.ts
 */

import { hasRelaxedMultiplyAdd } from "../codegen/wasm/features.ts";
import type { Candidate, Measurement } from "../experiment.ts";
import { createBench } from "./bench.ts";
import { measureReadingCost, processClock, shortestSampleSeconds } from "./clock.ts";
import { clockChain, clockCycles, multiplyAddPeak, streamPeak } from "./peak.ts";
import { remarksOn } from "./remarks.ts";

/** Two 128-bit pipes of four float32 lanes, two operations each: Zen, Intel since Haswell. Apple has four pipes. */
const flopsPerCycle = 2 * 4 * 2;

timer();
await sampler();
await ceilings();
await bandwidths();

function timer(): void {
  const clock = processClock();
  const { resolutionSeconds } = clock;
  const shortest = shortestSampleSeconds(clock);
  console.log(
    `timer: resolution ${nanoseconds(resolutionSeconds)}, a reading costs ${nanoseconds(measureReadingCost(clock))}`,
  );
  console.log(
    `shortest sample: ${nanoseconds(shortest)}, off by ${percent(resolutionSeconds / shortest)} at the most`,
  );
}

/** A call that does nothing, sampled like any other: what the sampler adds to each call. */
async function sampler(): Promise<void> {
  const { measurements } = await compared([{ variant: "nothing", target: "js", run: () => {} }]);
  console.log(`sampler: ${nanoseconds(measurements[0]?.value ?? Number.NaN)} added to each call`);
}

async function ceilings(): Promise<void> {
  const { measurements, samples } = await compared([
    { ...multiplyAddPeak(), variant: "A" },
    { ...multiplyAddPeak(), variant: "A again" },
    clockChain(),
  ]);
  const of = (variant: string, metric: string): Measurement => {
    const found = measurements.find((m) => m.variant === variant && m.metric === metric);
    if (!found) throw new Error(`no ${metric} of ${variant}: see the failures above`);
    return found;
  };
  const gigahertz = clockCycles / of("clock-adds", "time").value / 1e9;
  const peak = of("A", "throughput");
  const expected = flopsPerCycle * gigahertz;
  console.log(`clock: ${gigahertz.toFixed(2)} GHz by dependent additions`);
  console.log(
    `peak of one core, 128 bit, ${hasRelaxedMultiplyAdd ? "fused" : "not fused"}: ${interval(peak)}`,
  );
  console.log(
    `expected: ${expected.toFixed(1)} GFLOP/s at ${flopsPerCycle} a cycle; reached ${percent(peak.value / expected)}`,
  );
  const same = of("A again", "speed-up");
  const holds =
    same.low <= 1 && same.high >= 1 ? "holds 1" : "does not hold 1: something favours one of the two";
  console.log(`A against A: ${interval(same)}, ${holds}`);
  for (const [variant, seconds] of samples) {
    for (const { kind, found } of remarksOn(seconds)) console.log(`remark on ${variant}: ${kind}, ${found}`);
  }
}

/** The triad over three arrays of each size; the last is what `peak-stream` takes. */
async function bandwidths(): Promise<void> {
  const arrays = [8, 128, 2048].map((kib) => ({ ...streamPeak(kib * 1024), variant: `3 x ${kib} KiB` }));
  const { measurements } = await compared([...arrays, streamPeak()]);
  for (const found of measurements.filter(({ metric }) => metric === "bandwidth")) {
    console.log(`triad, ${found.variant}: ${interval(found)}`);
  }
}

/** One comparison outside any run; returns its measurements and, by variant, its samples. */
async function compared(candidates: readonly Candidate[]) {
  const measurements: Measurement[] = [];
  const samples = new Map<string, number[]>();
  const bench = createBench({
    experiment: "measure",
    cell: { workload: "ceilings", variants: [], seconds: 5 },
    settings: { profile: "standard", seed: 1, targets: ["js", "wasm"] },
    excluded: [],
    emit: (event) => {
      if (event.type === "measurement") measurements.push(event);
      if (event.type === "sample")
        samples.set(event.variant, [...(samples.get(event.variant) ?? []), event.value]);
      if (event.type === "failed") console.error(`${event.variant}: ${event.message}`);
    },
  });
  await bench.compare(candidates, { ceiling: false });
  return { measurements, samples };
}

function interval({ value, low, high, unit, n }: Measurement): string {
  const [v, l, h] = [value, low, high].map((x) => x.toFixed(3));
  return `${v} [${l}, ${h}] ${unit}, ${n} rounds`;
}

function nanoseconds(seconds: number): string {
  return `${(seconds * 1e9).toFixed(1)} ns`;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(2)} %`;
}
