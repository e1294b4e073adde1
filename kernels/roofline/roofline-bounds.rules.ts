/** The rule of `roofline-bounds`. Light: no kernel is loaded. */
import type { Evidence, Judgement, Measurement } from "../experiment.ts";
import { allHold, type Finding, fewestRounds, figure, missing } from "../judge.ts";

/** By which a kernel may exceed its bound: what the claim's test allows for the error of two measurements. */
export const excess = 0.05;
/** By which the ridge may lie beside its predicted place. */
export const ridgeFactor = 2;

/** A number with the ends of its interval. */
interface Range {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

const workloadOf = /^roofline on /;
const streamOf = /^peak-(?:read|copy|update|stream)-(\w+)$/;

/** Rule of `roofline-bounds-hold`. */
export function judgeBounds(evidence: Evidence): Judgement {
  const workloads = [...new Set(evidence.measurements.map(({ workload }) => workload))].filter((workload) =>
    workloadOf.test(workload),
  );
  if (workloads.length === 0) {
    return allHold([missing(evidence, { workload: "roofline on wasm", metric: "throughput" })]);
  }
  return allHold(workloads.flatMap((workload) => [...bounds(evidence, workload), ridge(evidence, workload)]));
}

/** One finding for all kernels that keep below their bound, and one for each that may not. */
function bounds(evidence: Evidence, workload: string): readonly Finding[] {
  const rates = evidence
    .all({ workload, metric: "throughput" })
    .filter(({ variant }) => !variant.startsWith("peak-"));
  if (rates.length === 0) return [missing(evidence, { workload, metric: "throughput" })];
  const judged = rates.map((rate) => ({ rate, share: shareOfBound(evidence, rate) }));
  const below = judged.filter(({ share }) => share && share.high <= 1 + excess);
  const others = judged.filter((each) => !below.includes(each));
  const highest = below.reduce((most, { share }) => Math.max(most, share?.value ?? 0), 0);
  const kept: Finding[] =
    below.length === 0
      ? []
      : [
          {
            holds: true,
            text: `${below.length} of ${rates.length} kernels of ${workload} surely keep below their bounds, the nearest at ${figure(highest)} of it`,
          },
        ];
  return [...kept, ...others.map(({ rate, share }) => exceeding(rate, share))];
}

function exceeding({ variant, workload }: Measurement, share: Range | undefined): Finding {
  const who = `${variant} of ${workload}`;
  if (!share) {
    return { holds: null, text: `${who} has no bound: peak or streams of its level failed; run it again` };
  }
  const text = `${who} reaches ${figure(share.value)} [${figure(share.low)}, ${figure(share.high)}] of its bound, asked to be at most ${1 + excess}`;
  if (share.low > 1 + excess) return { holds: false, text };
  return {
    holds: null,
    text: `${text}: the interval leaves it open; more rounds (--profile full) narrow it`,
  };
}

/**
 * Rate over bound: the larger one of the shares of peak and of the bandwidth of its level, each paired round by round
 * where the two were measured in the same rounds. Undefined where a ceiling is missing or has too few rounds.
 */
function shareOfBound(evidence: Evidence, rate: Measurement): Range | undefined {
  const { workload, variant, n } = rate;
  const ofPeak = evidence.find({ workload, variant, metric: "peak-fraction" });
  const ofLevel = shareOfBandwidth(evidence, rate);
  if (n < fewestRounds || !ofPeak || !ofLevel) return undefined;
  return {
    value: Math.max(ofPeak.value, ofLevel.value),
    low: Math.max(ofPeak.low, ofLevel.low),
    high: Math.max(ofPeak.high, ofLevel.high),
  };
}

/** The share of the fastest stream of the level that the kernel's working set lies in. */
function shareOfBandwidth(evidence: Evidence, { workload, variant }: Measurement): Range | undefined {
  const own = evidence.find({ workload, variant, metric: "bandwidth" });
  const level = levelOf(evidence, workload, variant);
  const shares = evidence
    .all({ workload, metric: "bandwidth" })
    .filter((stream) => streamOf.exec(stream.variant)?.[1] === level)
    .flatMap((stream) => (own ? [overStream(evidence, own, stream)] : []));
  const least = (end: keyof Range): number => Math.min(...shares.map((share) => share[end]));
  return shares.length === 0 ? undefined : { value: least("value"), low: least("low"), high: least("high") };
}

/** Bandwidth of a kernel over that of a stream: from the paired ratio of their times, else from the two intervals. */
function overStream(evidence: Evidence, own: Measurement, stream: Measurement): Range {
  const { workload, variant } = own;
  const paired = evidence.find({ workload, variant, metric: "speed-up", against: stream.variant });
  const bytes = (of: string): number | undefined =>
    evidence.find({ workload, variant: of, metric: "bytes-moved" })?.value;
  const [mine, theirs] = [bytes(variant), bytes(stream.variant)];
  if (paired && mine && theirs) {
    const scale = mine / theirs;
    return { value: paired.value * scale, low: paired.low * scale, high: paired.high * scale };
  }
  return {
    value: own.value / stream.value,
    low: own.low / stream.high,
    high: own.high / stream.low,
  };
}

/** The nearest level that holds the working set; memory where none does. */
function levelOf(evidence: Evidence, workload: string, variant: string): string {
  const set = evidence.find({ workload, variant, metric: "working-set" })?.value ?? Number.POSITIVE_INFINITY;
  const holding = evidence
    .all({ workload, metric: "level-capacity" })
    .filter(({ value }) => value >= set)
    .toSorted((a, b) => a.value - b.value);
  return streamOf.exec(holding[0]?.variant ?? "")?.[1] ?? "memory";
}

/** The ridge as the kernels show it, against peak over bandwidth. */
function ridge(evidence: Evidence, workload: string): Finding {
  const rate = (variant: string): Measurement | undefined =>
    evidence.find({ workload, variant, metric: "throughput" });
  const [flat, rising] = [rate("map256-memory"), rate("dot-memory")];
  const peak = evidence.all({ workload, metric: "throughput" }).find((m) => m.variant === "peak-fma");
  const roof = evidence
    .all({ workload, metric: "bandwidth" })
    .filter(({ variant }) => streamOf.exec(variant)?.[1] === "memory")
    .reduce<Measurement | undefined>((best, m) => (best && best.value >= m.value ? best : m), undefined);
  if (!flat || !rising || !peak || !roof) {
    return missing(evidence, { workload, variant: "map256-memory", metric: "throughput" });
  }
  // A dot product does a quarter of an operation a byte.
  const shown = (f: number, r: number): number => f / (4 * r);
  const predicted = peak.value / roof.value;
  const low = shown(flat.low, rising.high) / predicted;
  const high = shown(flat.high, rising.low) / predicted;
  const text =
    `the ridge of ${workload} lies at ${figure(shown(flat.value, rising.value))} FLOP/B, ` +
    `${figure(shown(flat.value, rising.value) / predicted)} [${figure(low)}, ${figure(high)}] of the predicted ${figure(predicted)}`;
  if (low >= 1 / ridgeFactor && high <= ridgeFactor) return { holds: true, text };
  if (high < 1 / ridgeFactor || low > ridgeFactor) return { holds: false, text };
  return {
    holds: null,
    text: `${text}: the interval leaves it open; more rounds (--profile full) narrow it`,
  };
}
