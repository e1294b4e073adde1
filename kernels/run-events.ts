/**
 * What a run emits, in order, and what it was made on: the one stream that the host yields and that the ledger, the command
 * line and the terminal UI consume. The contract is additive only; like `experiment.ts` this file holds types alone.
 */
import type {
  Cell,
  FailureReason,
  FinishedTraining,
  Measurement,
  Target,
  VariantRef,
  Verdict,
} from "./experiment.ts";

/** The run has been planned; emitted once, first. */
export interface StartedEvent {
  readonly type: "started";
  readonly experiments: readonly { readonly experiment: string; readonly cells: readonly Cell[] }[];
}

/** `total` units of work of this cell, of which `done` are finished. Units are rounds, shapes, epochs … */
export interface ProgressEvent {
  readonly type: "progress";
  readonly experiment: string;
  readonly workload: string;
  readonly doing: string;
  readonly done?: number;
  readonly total?: number;
  /** The variant whose code runs next; blamed if the process dies. */
  readonly ref?: VariantRef;
  /** What is being learnt, epoch by epoch so far: shown as a line. */
  readonly curve?: readonly number[];
}

/** A training is through, or was given up. It counts even if its cell is never finished. */
export interface TrainingEvent extends FinishedTraining {
  readonly type: "training";
  readonly experiment: string;
  readonly workload: string;
}

/** One raw sample. Every one is stored; none is hidden. */
export interface SampleEvent extends VariantRef {
  readonly type: "sample";
  readonly experiment: string;
  readonly workload: string;
  readonly metric: string;
  readonly round: number;
  readonly value: number;
}

export interface MeasurementEvent extends Measurement {
  readonly type: "measurement";
}

export interface VerdictEvent {
  readonly type: "verdict";
  readonly experiment: string;
  readonly claim: string;
  readonly verdict: Verdict;
  readonly rule: string;
  readonly evidence: string;
}

export interface FailedEvent {
  readonly type: "failed";
  readonly experiment: string;
  readonly workload?: string;
  readonly variant?: string;
  readonly target?: Target;
  readonly reason: FailureReason;
  readonly message: string;
  /** The cell is run again without this variant: drop what was measured in it so far. */
  readonly retried?: boolean;
}

/** With a workload: that cell is complete. With an experiment alone: all its cells were tried. With neither: the run. */
export interface FinishedEvent {
  readonly type: "finished";
  readonly experiment?: string;
  readonly workload?: string;
  readonly seconds: number;
}

export type RunEvent =
  | StartedEvent
  | ProgressEvent
  | SampleEvent
  | TrainingEvent
  | MeasurementEvent
  | VerdictEvent
  | FailedEvent
  | FinishedEvent;

/** The machine and software that a run was made on. */
export interface Environment {
  readonly cpu: string;
  readonly isa: readonly string[];
  readonly caches: readonly {
    readonly level: string;
    readonly bytes: number;
    readonly ways: number;
    readonly lineBytes: number;
  }[];
  readonly cores: number;
  readonly memoryBytes: number;
  readonly arch: string;
  readonly os: string;
  readonly node: string;
  readonly v8: string;
  readonly kdaccel: string;
  /** Name of the hypervisor, or null on bare metal or where it cannot be known. */
  readonly virtualised: string | null;
  /** Instructions that native kernels were generated for; absent where the run used none. */
  readonly nativeIsa?: "avx2" | "avx512";
  /** One-minute load average when the run began. */
  readonly load: number;
  /** Libraries that were measured beside our kernels, where there are any. */
  readonly peers?: readonly PeerDescription[];
}

/** A library of others as a run found it. */
export interface PeerDescription {
  /** The variant's name on target `peer`. */
  readonly peer: string;
  readonly version: string;
  /** What decides its speed besides the version, in words: configuration, chosen core type. */
  readonly detail: string;
}
