/**
 * Made-up measurements for the tests of rules: on wasm, timed with a given relative half-width of the interval, or exact.
 * Each rule is fed with what must confirm it, refute it and leave it open; a room with several keeps its trials beside
 * them (`rules.fixture.ts`), and `rules.test.ts` tries them all.
 */
import type { Measurement } from "./experiment.ts";
import { metric } from "./metrics.ts";

export type Made = Partial<Measurement> & Pick<Measurement, "workload" | "variant" | "metric" | "value">;

/** What a rule must say of three sets of measurements. */
export interface Trial {
  readonly claim: string;
  readonly confirmed: readonly Measurement[];
  readonly refuted: readonly Measurement[];
  readonly inconclusive: readonly Measurement[];
}

/** A measurement on wasm; timed where a spread is given. */
export function made(row: Made, spread?: number): Measurement {
  const { value } = row;
  return {
    experiment: "made-up",
    target: "wasm",
    threads: 1,
    unit: metric(row.metric).unit,
    kind: spread === undefined ? "exact" : "timed",
    low: value * (1 - (spread ?? 0)),
    high: value * (1 + (spread ?? 0)),
    n: spread === undefined ? 1 : 15,
    correct: true,
    ...row,
  };
}

/** A paired speed-up on wasm. */
export function ratio(
  workload: string,
  variant: string,
  against: string,
  value: number,
  spread = 0.02,
): Measurement {
  return made(
    { workload, variant, metric: "speed-up", value, against: { variant: against, target: "wasm" } },
    spread,
  );
}

/** Mismatches and tried cases of each variant. */
export const counted = (
  workload: string,
  variants: readonly string[],
  mismatches: number,
  cases: number,
): Measurement[] =>
  variants.flatMap((variant) => [
    made({ workload, variant, metric: "mismatches", value: mismatches }),
    made({ workload, variant, metric: "cases", value: cases }),
  ]);
