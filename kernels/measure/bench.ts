/**
 * What a procedure reports to: turns checks, exact values and timed comparisons into the events of the contract.
 * Runs in the child process; `emit` hands each event on as it comes.
 */
import type {
  Bench,
  Candidate,
  Cell,
  ComparisonOptions,
  FailureReason,
  FinishedTraining,
  Measurement,
  Settings,
  Training,
  VariantRef,
} from "../experiment.ts";
import { metric as definitionOf } from "../metrics.ts";
import { nativeAvailability } from "../native/availability.ts";
import { labelSeed, randomStream } from "../random.ts";
import type { ProgressEvent, RunEvent, SampleEvent, TrainingEvent } from "../run-events.ts";
import { sameVariant, variantRef } from "../variant.ts";
import { type Clock, processClock } from "./clock.ts";
import { type Comparison, summarise } from "./comparison.ts";
import { multiplyAddPeak, peakOf, peakTargetOf, streamPeak, streamVariant } from "./peak.ts";
import { type SamplingHost, type SamplingPlan, Stopped, sampleInterleaved } from "./sampler.ts";
import { meanInterval } from "./statistics/mean.ts";

export interface BenchOptions {
  readonly experiment: string;
  readonly cell: Cell;
  readonly settings: Settings;
  /** Variants that died in earlier attempts at this cell. */
  readonly excluded: readonly VariantRef[];
  /** Trainings that earlier attempts at this cell have finished. */
  readonly trainings?: readonly FinishedTraining[] | undefined;
  readonly emit: (event: BenchEvent) => void;
  /** Whether the run was asked to stop; a comparison then ends by throwing `Stopped`. */
  readonly stopping?: () => boolean;
  /** Tests pass a clock of their own. */
  readonly clock?: Clock;
}

/** The events that a procedure can cause; deaths of its process are for the host to tell. */
export type BenchEvent =
  | ProgressEvent
  | SampleEvent
  | TrainingEvent
  | (Measurement & { readonly type: "measurement" })
  | (Extract<RunEvent, { type: "failed" }> & {
      readonly reason: Extract<FailureReason, "wrong" | "error">;
      readonly workload: string;
    });

/** The floor that the rules of the claims ask for. */
const leastRounds = 15;
const mostRounds = 200;
const precision = 0.01;
/** Seconds of sampling after which a comparison ends, by profile; its least rounds are made all the same. */
const budgetSeconds = { quick: 0.5, standard: 3, full: 30 } as const;

/** Creates the bench of one cell. */
export function createBench(options: BenchOptions): Bench {
  return new CellBench(options);
}

class CellBench implements Bench {
  readonly settings: Settings;
  readonly variants: readonly VariantRef[];
  readonly #options: BenchOptions;
  readonly #clock: Clock;

  constructor(options: BenchOptions) {
    this.#options = options;
    this.#clock = options.clock ?? processClock();
    this.settings = options.settings;
    this.variants = options.cell.variants.filter(
      (ref) => !options.excluded.some((out) => sameVariant(ref, out)),
    );
  }

  random(label: string): () => number {
    return randomStream(labelSeed(this.settings.seed, label));
  }

  progress(doing: string, done?: number, total?: number, ref?: VariantRef, curve?: readonly number[]): void {
    this.#options.emit({
      type: "progress",
      ...this.#place,
      doing,
      ...(done !== undefined && { done }),
      ...(total !== undefined && { total }),
      ...(ref && { ref: variantRef(ref) }),
      ...(curve && { curve }),
    });
  }

  async training(
    ref: VariantRef,
    seed: number,
    train: () => Promise<Pick<Training, "figures" | "curves">>,
  ): Promise<FinishedTraining> {
    const known = this.#options.trainings?.find((each) => sameVariant(each, ref) && each.seed === seed);
    if (known) return known;
    this.#stopIfAsked();
    const began = this.#clock.now();
    const came = await this.#outcomeOf(train);
    if (came.failure !== undefined) this.#fail(ref, "error", `seed ${seed}: ${came.failure}`);
    const made = { ...variantRef(ref), seed, seconds: this.#clock.now() - began, ...came };
    this.#options.emit({ type: "training", ...this.#place, ...made });
    return made;
  }

  async #outcomeOf(train: () => Promise<Pick<Training, "figures" | "curves">>): Promise<Training> {
    try {
      const { figures, curves } = await train();
      for (const metric of [...Object.keys(figures), ...Object.keys(curves)]) definitionOf(metric);
      return { figures, curves };
    } catch (error) {
      this.#stopIfAsked();
      return { figures: {}, curves: {}, failure: messageOf(error) };
    }
  }

  exact(
    ref: VariantRef,
    metric: string,
    value: number,
    correct: boolean | null = null,
    against?: VariantRef,
  ): void {
    const { unit } = definitionOf(metric);
    this.#emitExact(ref, metric, unit, { value, low: value, high: value, n: 1, correct }, against);
  }

  repeated(ref: VariantRef, metric: string, values: readonly number[], against?: VariantRef): void {
    const { unit, range: [least, most] = [-Infinity, Infinity] } = definitionOf(metric);
    for (const [round, value] of values.entries())
      this.#options.emit({ type: "sample", ...this.#place, ...variantRef(ref), metric, round, value });
    const { value, low, high } = meanInterval(values);
    const possible = { low: Math.max(low, least), high: Math.min(high, most) };
    const figures = { value, ...possible, n: values.length, correct: null };
    // Seconds are never the same bits again.
    this.#emitExact(ref, metric, unit, figures, against, unit === "s" ? "timed" : "exact");
  }

  #emitExact(
    ref: VariantRef,
    metric: string,
    unit: string,
    figures: Pick<Measurement, "value" | "low" | "high" | "n" | "correct">,
    against: VariantRef | undefined,
    kind: Measurement["kind"] = "exact",
  ): void {
    this.#options.emit({
      ...{ type: "measurement", ...this.#place, ...variantRef(ref), threads: 1 },
      ...{ metric, unit, kind, ...figures },
      ...(against && { against: variantRef(against) }),
    });
  }

  wrong(ref: VariantRef, message: string): void {
    this.#fail(ref, "wrong", message);
  }

  async compare(
    candidates: readonly Candidate[],
    options: ComparisonOptions = {},
  ): Promise<readonly Measurement[]> {
    const sound: Candidate[] = [];
    for (const candidate of candidates) if (await this.#isSound(candidate)) sound.push(candidate);
    if (sound.length === 0) return [];
    const entrants = [...sound, ...this.#ceilings(sound, options)];
    const series = await sampleInterleaved(entrants, this.#plan(options), this.#samplingHost(entrants));
    const comparison: Comparison = {
      entrants: entrants.flatMap((candidate, i) => {
        const seconds = series[i];
        return seconds ? [{ candidate, seconds }] : [];
      }),
      against: options.against === undefined ? variantRef(candidates[0] as Candidate) : options.against,
      pairs: options.pairs ?? [],
      ceiling: peakOf,
      random: (label) => this.random(`interval ${label}`),
    };
    const made = summarise(comparison).map((summary) => ({ ...this.#place, ...summary }));
    for (const measurement of made) this.#options.emit({ type: "measurement", ...measurement });
    return made;
  }

  get #place(): { readonly experiment: string; readonly workload: string } {
    return { experiment: this.#options.experiment, workload: this.#options.cell.workload };
  }

  /** Runs the candidate's check, if it has one; a wrong kernel has no speed and is not timed. */
  async #isSound(candidate: Candidate): Promise<boolean> {
    if (!candidate.check) return true;
    this.progress(`checking ${candidate.variant}`, undefined, undefined, candidate);
    this.#stopIfAsked();
    try {
      const difference = await candidate.check();
      if (difference !== null) this.#fail(candidate, "wrong", difference);
      return difference === null;
    } catch (error) {
      this.#fail(candidate, "error", messageOf(error));
      return false;
    }
  }

  /** The ceilings that belong to these candidates: peak where they compute, bandwidth where they state their bytes. */
  #ceilings(candidates: readonly Candidate[], { ceiling = true }: ComparisonOptions): readonly Candidate[] {
    if (!ceiling) return [];
    const has = (ref: VariantRef): boolean => candidates.some((candidate) => sameVariant(candidate, ref));
    const made: Candidate[] = [];
    for (const { flops, threads = 1, target } of candidates) {
      // Whatever a library computes with, there is a native peak only where native kernels run.
      if (!flops || (target === "peer" && !nativeAvailability().available)) continue;
      const peak = peakOf(threads, target);
      if (has(peak) || made.some((other) => sameVariant(other, peak))) continue;
      made.push(multiplyAddPeak(threads, peakTargetOf(target)));
    }
    if (candidates.some(({ bytes }) => bytes) && !has(streamVariant)) made.push(streamPeak());
    return made;
  }

  #plan(options: ComparisonOptions): SamplingPlan {
    const least = options.leastRounds ?? leastRounds;
    return {
      leastRounds: least,
      mostRounds: Math.max(least, options.mostRounds ?? mostRounds),
      precision: options.precision ?? precision,
      seconds: options.seconds ?? budgetSeconds[this.settings.profile],
      mostWarmUp: options.mostWarmUp,
    };
  }

  #samplingHost(entrants: readonly Candidate[]): SamplingHost {
    const entrant = (index: number): Candidate => entrants[index] as Candidate;
    let rounds: readonly [done: number, expected?: number] = [0];
    return {
      clock: this.#clock,
      random: this.random(`order ${this.#options.cell.workload}`),
      pause: () => new Promise((resolve) => setImmediate(resolve)),
      stopping: () => this.#options.stopping?.() ?? false,
      beforeWarmUp: (index) => {
        this.progress(`warming up ${entrant(index).variant}`, undefined, undefined, entrant(index));
      },
      beforeSample: (index) => this.progress("sampling", rounds[0], rounds[1], entrant(index)),
      onSample: (index, round, value) => {
        this.#options.emit({
          type: "sample",
          ...this.#place,
          ...variantRef(entrant(index)),
          metric: "time",
          round,
          value,
        });
      },
      onRound: (done, expected) => {
        rounds = [done, expected];
      },
      onError: (index, error) => this.#fail(entrant(index), "error", messageOf(error)),
    };
  }

  #stopIfAsked(): void {
    if (this.#options.stopping?.()) throw new Stopped();
  }

  #fail(ref: VariantRef, reason: "wrong" | "error", message: string): void {
    this.#options.emit({ type: "failed", ...this.#place, ...variantRef(ref), reason, message });
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
