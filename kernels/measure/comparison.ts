/**
 * From the samples of a comparison to its measurements: times, rates, and ratios taken round by round. Pure, so that
 * every figure can be recomputed from the samples that a run stored.
 */
import type { Candidate, Measurement, Target, VariantRef } from "../experiment.ts";
import { metric as definitionOf } from "../metrics.ts";
import { isCeiling, sameVariant, variantRef } from "../variant.ts";
import { type Estimate, medianInterval, pairedRatio } from "./statistics/interval.ts";

/** A candidate with its seconds per call, one value a round; all candidates have the same rounds. */
export interface Entrant {
  readonly candidate: Candidate;
  readonly seconds: readonly number[];
}

export interface Comparison {
  readonly entrants: readonly Entrant[];
  /** What every other entrant's speed-up is taken against; null if against nothing. */
  readonly against: VariantRef | null;
  /** Further pairs [a, b]: speed-up of a over b. */
  readonly pairs: readonly (readonly [VariantRef, VariantRef])[];
  /** The entrant whose rate is the multiply-add peak of so many threads on the vectors of a target. */
  ceiling(threads: number, target: Target): VariantRef;
  /** A stream for the resamples behind one interval, so that it does not depend on which others are computed. */
  random(label: string): () => number;
}

/** A measurement less the cell that it belongs to. */
export type Summary = Omit<Measurement, "experiment" | "workload">;

/** All measurements of a comparison, entrant by entrant. */
export function summarise(comparison: Comparison): readonly Summary[] {
  return comparison.entrants.flatMap((entrant) => [
    ...ownFigures(entrant, comparison),
    ...shareOfPeak(entrant, comparison),
    ...speedUps(entrant, comparison),
  ]);
}

/** Time, and the rates that follow from it; a rate's interval is that of the time, turned round. */
function ownFigures(entrant: Entrant, comparison: Comparison): Summary[] {
  const { flops, bytes } = entrant.candidate;
  const time = medianInterval(entrant.seconds, comparison.random(`time ${label(entrant.candidate)}`));
  const rate = (work: number): Estimate => ({
    value: work / time.value / 1e9,
    low: work / time.high / 1e9,
    high: work / time.low / 1e9,
  });
  return [
    figure(entrant, "time", time),
    ...(flops ? [figure(entrant, "throughput", rate(flops))] : []),
    ...(bytes ? [figure(entrant, "bandwidth", rate(bytes))] : []),
  ];
}

/** The share of the multiply-add peak of as many threads and as wide vectors in the same round. */
function shareOfPeak(entrant: Entrant, comparison: Comparison): Summary[] {
  const { flops, threads = 1, target } = entrant.candidate;
  const peak = find(comparison, comparison.ceiling(threads, target));
  if (!peak?.candidate.flops || !flops || isCeiling(entrant.candidate)) return [];
  const scale = flops / peak.candidate.flops;
  const ratio = pairedRatio(
    peak.seconds,
    entrant.seconds,
    comparison.random(`peak ${label(entrant.candidate)}`),
  );
  const share = { value: ratio.value * scale, low: ratio.low * scale, high: ratio.high * scale };
  return [figure(entrant, "peak-fraction", share)];
}

function speedUps(entrant: Entrant, comparison: Comparison): Summary[] {
  const { candidate } = entrant;
  // Ceilings measure the machine; a speed-up of one over a variant would say nothing.
  if (isCeiling(candidate)) return [];
  const rivals = comparison.against ? [comparison.against] : [];
  for (const [a, b] of comparison.pairs) {
    if (sameVariant(a, candidate) && !rivals.some((rival) => sameVariant(rival, b))) rivals.push(b);
  }
  return rivals.flatMap((ref) => {
    const rival = find(comparison, ref);
    if (!rival || rival === entrant) return [];
    const stream = comparison.random(`speed-up ${label(candidate)} ${label(ref)}`);
    return [figure(entrant, "speed-up", pairedRatio(rival.seconds, entrant.seconds, stream), ref)];
  });
}

function figure(entrant: Entrant, metric: string, estimate: Estimate, against?: VariantRef): Summary {
  const { variant, target, threads = 1, check } = entrant.candidate;
  return {
    variant,
    target,
    threads,
    metric,
    unit: definitionOf(metric).unit,
    kind: "timed",
    value: estimate.value,
    low: estimate.low,
    high: estimate.high,
    n: entrant.seconds.length,
    ...(against && { against: variantRef(against) }),
    // Only candidates that passed their check are timed.
    correct: check ? true : null,
  };
}

function find({ entrants }: Comparison, ref: VariantRef): Entrant | undefined {
  return entrants.find(({ candidate }) => sameVariant(candidate, ref));
}

function label({ variant, target }: VariantRef): string {
  return `${variant} ${target}`;
}
