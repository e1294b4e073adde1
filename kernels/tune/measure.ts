/**
 * How a search measures: one batch is one cell of `tune-trials`, run by the host in a child process. A plan that crashes
 * takes its process with it; the host runs the others again without it, and the search goes on.
 */
import type { Interval, TrialOutcome as Outcome, Settings, Target } from "../experiment.ts";
import type { GemmShape, Real } from "../gemm/arguments.ts";
import { runCell } from "../host/cell.ts";
import type { RunEvent } from "../run-events.ts";
import { type Stage, trialCell, tuneTrials } from "./trials.experiment.ts";

export interface BatchRequest {
  readonly stage: Stage;
  readonly plans: readonly string[];
}

/** The outcomes by plan, or undefined where the search was asked to stop: half a batch does not count. */
export type Measure = (batch: BatchRequest) => Promise<ReadonlyMap<string, Outcome> | undefined>;

export interface HostMeasure {
  readonly shape: GemmShape;
  readonly element: Real;
  readonly target: Target;
  readonly defaultVariant: string;
  readonly seed: number;
  readonly signal?: AbortSignal | undefined;
  /** Main file of the child process; the real one unless a test has its own. */
  readonly child?: URL | undefined;
  /** What is being done, for a live line. */
  readonly onProgress?: ((doing: string) => void) | undefined;
}

/**
 * Measures by the host.
 *
 * @throws Error where the default plan itself fails: nothing can be compared then
 */
export function hostMeasure(options: HostMeasure): Measure {
  const { shape, element, target, defaultVariant, seed, signal, child } = options;
  const settings: Settings = { profile: "quick", seed, targets: [target] };
  return async ({ stage, plans }) => {
    const cell = trialCell({ shape, element, stage }, target, defaultVariant, plans);
    const outcomes = new OutcomesOf(defaultVariant);
    for await (const event of runCell({ experiment: tuneTrials.id, cell, settings, signal, child })) {
      if (event.type === "progress") options.onProgress?.(event.doing);
      outcomes.record(event);
    }
    return signal?.aborted ? undefined : outcomes.of(plans);
  };
}

/** Collects a cell's events; the last comparison that a plan took part in counts, because it had most rounds. */
class OutcomesOf {
  readonly #default: string;
  #measured = new Map<string, Partial<Record<"time" | "speed-up", Interval & { readonly n: number }>>>();
  readonly #failed = new Map<string, Outcome>();
  #cellFailure: string | undefined;

  constructor(defaultVariant: string) {
    this.#default = defaultVariant;
  }

  record(event: RunEvent): void {
    if (event.type === "measurement") {
      if (event.metric !== "time" && event.metric !== "speed-up") return;
      const { value, low, high, n } = event;
      const before = this.#measured.get(event.variant) ?? {};
      this.#measured.set(event.variant, { ...before, [event.metric]: { value, low, high, n } });
    }
    if (event.type !== "failed") return;
    if (event.retried) this.#measured.clear();
    if (event.variant === undefined) this.#cellFailure = event.message;
    else this.#failed.set(event.variant, { state: event.reason, message: event.message });
  }

  of(plans: readonly string[]): ReadonlyMap<string, Outcome> {
    const broken = this.#failed.get(this.#default);
    if (broken && broken.state !== "measured") {
      throw new Error(`the default plan ${this.#default} failed (${broken.state}): ${broken.message}`);
    }
    return new Map(plans.map((plan) => [plan, this.#outcome(plan)]));
  }

  #outcome(plan: string): Outcome {
    const failed = this.#failed.get(plan);
    if (failed) return failed;
    const { time, "speed-up": ratio } = this.#measured.get(plan) ?? {};
    if (!time || !ratio) return { state: "error", message: this.#cellFailure ?? "it was not measured" };
    const interval = ({ value, low, high }: Interval): Interval => ({ value, low, high });
    return { state: "measured", seconds: interval(time), speedUp: interval(ratio), rounds: ratio.n };
  }
}
