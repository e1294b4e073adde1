/**
 * The contract between everything that computes and everything that stores or shows.
 *
 * An experiment says what it would run (`plan`) and how each cell is run (`load`). The host runs the cells in a
 * child process and yields the events of `run-events.ts`. This file holds types alone, so that floors which may know the contract cannot reach the kernels through it.
 */

/** What executes a kernel; `peer` is somebody else's library, measured beside ours and never judged. */
export type Target = "js" | "wasm" | "native" | "peer";

/** How thorough a run is: seconds, about a minute a topic, or everything. */
export type Profile = "quick" | "standard" | "full";

export type Verdict = "confirmed" | "refuted" | "inconclusive";

/** `exact`: the same bits at every re-run with the same seed. `timed`: has samples, an estimate and an interval. */
export type MetricKind = "exact" | "timed";

/** Why a variant gave no result: it disagreed with its reference, ended its process, did not end, or said what is wrong. */
export type FailureReason = "wrong" | "crashed" | "hung" | "error";

export interface Bilingual {
  readonly en: string;
  readonly zh: string;
}

/** Everything that decides what a run does; stored with the run so that it can be repeated. */
export interface Settings {
  readonly profile: Profile;
  readonly seed: number;
  /** Targets that may be used; a variant on any other target is left out of the plan. */
  readonly targets: readonly Target[];
  /** The most threads that a variant may compute with, for experiments that have variants of several (default: 1). */
  readonly threads?: number;
  /** Libraries of others that take part where an experiment has a place for them: variants on target `peer`. */
  readonly peers?: readonly string[];
  /** Plans of earlier searches, which experiments may set beside their own variants (tune/stored-plans.ts). */
  readonly plans?: readonly TunedPlan[];
  /** Problems that the user asked for in place of the planned ones, as `MxNxK` or as layers (conv/layer-text.ts); for experiments with `ownWorkloads`. */
  readonly workloads?: readonly string[];
}

/** A plan that a search found on this machine for a class of shapes, in place of the default plan of its target. */
export interface TunedPlan {
  /** A target of kernels/tune/targets.ts. */
  readonly target: string;
  readonly element: "f32" | "f64";
  /** As kernels/tune/shape-class.ts names it. */
  readonly shapeClass: string;
  /** Threads that the plan is for (default: 1). */
  readonly threads?: number;
  /** The variant that runs it. */
  readonly plan: string;
}

/** One plan of a search, with what the model expected and what came of it. */
export interface TunedTrial {
  readonly stage: "trials" | "semifinal" | "final";
  /** Number of the batch within the search, from 0. */
  readonly batch: number;
  /** The variant that runs the plan. */
  readonly id: string;
  /** The speed-up over the default plan that the model expected before. */
  readonly predicted: number;
  readonly outcome: TrialOutcome;
}

/** An estimate with its 95 % interval. */
export interface Interval {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

export type TrialOutcome =
  | {
      readonly state: "measured";
      /** Time of a call. */
      readonly seconds: Interval;
      /** Paired, over the default plan. */
      readonly speedUp: Interval;
      readonly rounds: number;
    }
  | { readonly state: FailureReason; readonly message: string };

/** How a search ended. */
export interface TuningDecision {
  /** The plan that may be used in place of the default, or null: the default stays. */
  readonly adopted: string | null;
  /** The last plan that was compared with the default, where there was one. */
  readonly finalist?: string;
  readonly speedUp?: Interval;
  readonly rounds?: number;
  readonly reason: string;
}

/** One way to do the work, on one target. The pair is unique within a cell. */
export interface VariantRef {
  readonly variant: string;
  readonly target: Target;
}

/**
 * The unit that is run, stored and resumed as a whole: one workload with every variant that is compared on it.
 * Variants whose times are compared stand in one cell, because only there are they interleaved.
 */
export interface Cell {
  /** The problem as the field writes it (`512x512x512`); unique within the experiment's plan. */
  readonly workload: string;
  readonly variants: readonly VariantRef[];
  /** Expected duration in seconds, for the estimate of what is left. Need only be right within a factor of two. */
  readonly seconds: number;
  /** The longest silence in seconds after which the cell counts as hung (default: 60). */
  readonly silence?: number;
}

/** What is known of an experiment without loading a kernel: cheap enough to list all of them. */
export interface ExperimentRow {
  /** Short, typable, kebab-case; the same string in file, registry, database and report. */
  readonly id: string;
  readonly title: Bilingual;
  /** What is asked, in one or two sentences a reader of the report understands. */
  readonly question: string;
  readonly topics: readonly string[];
  readonly claims: readonly ClaimTest[];
  /** The charts that show the answer, first the most telling one; drawn by reports and by the terminal UI. */
  readonly charts: readonly ChartHint[];
  /** What others published on the same question, shown beside ours. */
  readonly published?: readonly Published[];
  /** Whether the procedure predicts what its cells will do; metrics `predicted-…` hold it against what they did. */
  readonly foretells?: true;
  /** Present where `plan` heeds `Settings.workloads`; other experiments cannot be run with them. */
  readonly ownWorkloads?: {
    /** Products `MxNxK`, or layers (conv/layer-text.ts). */
    readonly kind: WorkloadKind;
    /** Bytes that the cell of this workload will allocate under these settings, known before it does. */
    memoryBytes(workload: string, settings: Settings): number;
  };
  /** The cells of a run under these settings, in the order in which they run. Pure: same settings, same plan. */
  plan(settings: Settings): readonly Cell[];
}

/** What a workload of the user's own may be. */
export type WorkloadKind = "product" | "layer";

/** A row with the way to the code behind it. */
export interface Experiment extends ExperimentRow {
  load(): Promise<Procedure>;
}

/** Figures of others, with where they stand and what they were made on. Not measured here, and judged by no rule. */
export interface Published {
  /**
   * Who found them, where steps are variants of the experiment: the authors of the method, or others who ran it anew. Shown
   * in one table with what is measured; without it, in a table of their own.
   */
  readonly by?: "authors" | "others";
  readonly title: string;
  readonly source: string;
  readonly conditions: string;
  /** An id of `kernels/metrics.ts`; values are in its unit. */
  readonly metric: string;
  readonly rows: readonly { readonly step: string; readonly value: number }[];
}

/** Which chart tells the story of an experiment. Reports know how to draw each kind. */
export interface ChartHint {
  readonly kind:
    | "ladder"
    | "sweep"
    | "roofline"
    | "bars"
    | "waterfall"
    | "search"
    | "scatter"
    | "forecast"
    | "curves";
  readonly title: string;
  readonly metric: string;
  /** Only variants whose names begin so are drawn; all of them where absent. */
  readonly variants?: string;
  /** `scatter` only: the metric on the horizontal axis, of the same variants. */
  readonly against?: string;
  /** `sweep` only: what the horizontal axis means; x is the number in the variant's or the workload's name. */
  readonly x?: { readonly from: "variant" | "workload"; readonly title: string };
  /**
   * `waterfall` only: the chain from the first to the last, each with what it adds; absent variants are passed over. A
   * variant that ends in `*` stands for every measured one that begins so, in their order.
   */
  readonly steps?: readonly (VariantRef & { readonly title: string })[];
  /**
   * `roofline` only: the bytes that make a point's intensity. `compulsory`: each operand once; `simulated`: what a
   * simulated first-level cache moves (metric `simulated-intensity`); absent: as stated by the experiment, else the least.
   */
  readonly traffic?: "compulsory" | "simulated";
}

/** The code behind an experiment, loaded only in the child process that runs it. */
export interface Procedure {
  /** Runs one cell and reports everything through `bench`. A thrown error fails the cell. */
  run(cell: Cell, bench: Bench): Promise<void>;
  /** What a model says of each variant of a cell, a line each, said before the run begins. Needs `foretells` in the row. */
  foretell?(cell: Cell): Promise<readonly string[]>;
  /** The generated kernel behind a variant as readable text, or undefined where the variant is hand-written. */
  code?(ref: VariantRef): Promise<string | undefined>;
}

/** A claim that an experiment tests, with the rule that decides. Fixed before the run; must be able to refute. */
export interface ClaimTest {
  /** Id of a claim in the catalog. */
  readonly claim: string;
  /** The rule in words, as reports print it: when confirmed, when refuted, else inconclusive. */
  readonly rule: string;
  judge(evidence: Evidence): Judgement;
}

export interface Judgement {
  readonly verdict: Verdict;
  /** The numbers that decided, or what is missing and what it would take. */
  readonly evidence: string;
}

/** All measurements that one experiment made in one run, resumed parts included. */
export interface Evidence {
  readonly measurements: readonly Measurement[];
  readonly profile: Profile;
  /** The user's own workloads, where the run was made on those. */
  readonly workloads?: readonly string[];
  /** The first measurement that matches every given field, or undefined. */
  find(query: MeasurementQuery): Measurement | undefined;
  /** All matching measurements, in the order in which they were made. */
  all(query: MeasurementQuery): readonly Measurement[];
}

export interface MeasurementQuery {
  readonly workload?: string;
  readonly variant?: string;
  readonly target?: Target;
  readonly metric?: string;
  readonly against?: string;
}

/** One metric of one variant on one workload. */
export interface Measurement extends VariantRef {
  readonly experiment: string;
  readonly workload: string;
  readonly threads: number;
  /** An id of `kernels/metrics.ts`, which knows unit, direction and how it is shown. */
  readonly metric: string;
  readonly unit: string;
  readonly kind: MetricKind;
  /** The estimate: exact value, or the median of the samples. In the unit. */
  readonly value: number;
  /** 95 % interval of the estimate: of timed samples, or over the seeds of a repeated one; else both equal `value`. */
  readonly low: number;
  readonly high: number;
  /** Number of samples or seeds behind the estimate; 1 where there is but one exact value. */
  readonly n: number;
  /** The variant that a ratio is taken against. */
  readonly against?: VariantRef;
  /** Whether the result agreed with its higher-precision reference; null where there is nothing to compare. */
  readonly correct: boolean | null;
}

/** What came of one training with one seed. */
export interface Training {
  /** Final values by metric; empty where it failed. */
  readonly figures: Readonly<Record<string, number>>;
  /** Learning curves by metric: one value an epoch. */
  readonly curves: Readonly<Record<string, readonly number[]>>;
  /** Why it was given up. */
  readonly failure?: string;
}

/** A training that is through, of a variant and a seed: what a resumed run need not do again. */
export interface FinishedTraining extends VariantRef, Training {
  readonly seed: number;
  /** Of wall time. */
  readonly seconds: number;
}

/** What a procedure hands its results to. Implemented in `kernels/measure/bench.ts`. */
export interface Bench {
  readonly settings: Settings;
  /** Variants of the cell that may run: the planned ones less those that crashed or hung before. */
  readonly variants: readonly VariantRef[];
  /** A stream of pseudo-random numbers in [0, 1) that depends on the run's seed and this label alone. */
  random(label: string): () => number;
  /** Says what is being done; shown live, with the curve so far; names the culprit should the process die. */
  progress(doing: string, done?: number, total?: number, ref?: VariantRef, curve?: readonly number[]): void;
  /** Records an exact metric. `correct` defaults to null. */
  exact(ref: VariantRef, metric: string, value: number, correct?: boolean | null, against?: VariantRef): void;
  /**
   * Records an exact metric that was repeated, once a seed: the mean with its 95 % interval over seeds (Student's t), and
   * every value as a sample. With `against`, values are differences from another variant of the same seed.
   */
  repeated(ref: VariantRef, metric: string, values: readonly number[], against?: VariantRef): void;
  /**
   * Trains a variant with one seed and records what came of it at once; a training that an earlier part of the run has
   * finished is not made again, its record is returned. One that throws is recorded as failed and the study goes on.
   */
  training(
    ref: VariantRef,
    seed: number,
    train: () => Promise<Pick<Training, "figures" | "curves">>,
  ): Promise<FinishedTraining>;
  /** Records that a variant disagrees with its reference. It is not timed; the run ends with exit code 6. */
  wrong(ref: VariantRef, message: string): void;
  /**
   * Checks each candidate, then times all of them in interleaved rounds of random order, and records `time`,
   * `throughput`, `bandwidth`, `peak-fraction` and paired `speed-up` measurements as far as they apply. A candidate
   * that is wrong or throws is recorded as failed and the others go on. Returns what it recorded. Rejects when the run
   * is asked to stop: a procedure lets that error pass.
   */
  compare(candidates: readonly Candidate[], options?: ComparisonOptions): Promise<readonly Measurement[]>;
}

/** One thing to time. */
export interface Candidate extends VariantRef {
  /**
   * Does the work once. Must neither allocate nor wait, unless a library offers no other way: it then returns a
   * promise, at every call, and a sample lasts until that is fulfilled.
   */
  run(): void | Promise<void>;
  /** Runs the work once and compares with the reference: null if it agrees, else what differs and by how much. */
  check?(): string | null | Promise<string | null>;
  /** Floating-point operations of one call; gives `throughput` and `peak-fraction`. */
  readonly flops?: number;
  /** Bytes that one call must move between memory and core at the least; gives `bandwidth`. */
  readonly bytes?: number;
  readonly threads?: number;
}

export interface ComparisonOptions {
  /** What ratios are taken against (default: the first candidate); null where the candidates do different work. */
  readonly against?: VariantRef | null;
  /** Further pairs [a, b] for which the paired speed-up of a over b is recorded. */
  readonly pairs?: readonly (readonly [VariantRef, VariantRef])[];
  /** Rounds that are made at the least, whatever the interval (default: 15, the floor that the claims' rules ask for). */
  readonly leastRounds?: number;
  /** Rounds that are made at the most (default: 200, and never below `leastRounds`). */
  readonly mostRounds?: number;
  /** Stop once every interval's half-width is below this share of the estimate (default: 0.01). */
  readonly precision?: number;
  /** Stop after this many seconds of sampling, warm-up apart, once `leastRounds` is reached (default: by profile). */
  readonly seconds?: number;
  /** Seconds after which a candidate is sampled whether it runs steadily or not (default: 0.5). */
  readonly mostWarmUp?: number;
  /** Interleave the generated multiply-add loop, so that each figure also reads as a share of peak (default: true). */
  readonly ceiling?: boolean;
}
