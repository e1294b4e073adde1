/**
 * What this machine can tell apart at present: the same loop against itself (A against A should give 1), and the clock
 * frequency round by round, in one short comparison. For whoever asks about the machine without running an experiment.
 */
import type { Candidate, Measurement } from "../experiment.ts";
import { createBench } from "./bench.ts";
import { clockChain, clockCycles, multiplyAddPeak } from "./peak.ts";
import type { Estimate } from "./statistics/interval.ts";

export interface NoiseFloor {
  /** Paired ratio of two contestants that are the same; 1 is the truth. */
  readonly ratio: Estimate;
  readonly rounds: number;
  /** Clock frequency in each round, from dependent additions. */
  readonly gigahertz: readonly number[];
}

/** Measures for about `seconds`, after a warm-up of half a second to one and a half. @throws Error if a loop fails */
export async function measureNoiseFloor(seconds: number): Promise<NoiseFloor> {
  const clock = clockChain();
  const candidates: readonly Candidate[] = [
    { ...multiplyAddPeak(), variant: "a" },
    { ...multiplyAddPeak(), variant: "a again" },
    clock,
  ];
  const measurements: Measurement[] = [];
  const gigahertz: number[] = [];
  const bench = createBench({
    experiment: "noise-floor",
    cell: { workload: "a against a", variants: [], seconds },
    settings: { profile: "quick", seed: 1, targets: ["wasm"] },
    excluded: [],
    emit(event) {
      if (event.type === "measurement") measurements.push(event);
      if (event.type === "failed") throw new Error(event.message);
      if (event.type === "sample" && event.variant === clock.variant)
        gigahertz.push(clockCycles / event.value / 1e9);
    },
  });
  await bench.compare(candidates, { ceiling: false, seconds });
  const again = measurements.find(({ variant, metric }) => variant === "a again" && metric === "speed-up");
  if (!again) throw new Error("expected a ratio of a again over a, found none");
  const { value, low, high, n } = again;
  return { ratio: { value, low, high }, rounds: n, gigahertz };
}
