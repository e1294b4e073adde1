/**
 * Reading the ledger: what was run and what came of it. Everything that shows a run (commands, reports, screens)
 * reads it here; recorder.ts writes it.
 */
import type {
  FailureReason,
  FinishedTraining,
  Measurement,
  MetricKind,
  Profile,
  Settings,
  Target,
  VariantRef,
  Verdict,
} from "../kernels/experiment.ts";
import type { Environment } from "../kernels/run-events.ts";
import type { Connection } from "./database/open.ts";
import { isAlive } from "./process-identity.ts";

/** `killed`: its process died without a word; what it had finished is stored. */
export type RunStatus = "running" | "finished" | "interrupted" | "killed";

export interface StoredCell {
  readonly experiment: string;
  readonly workload: string;
  readonly variants: readonly VariantRef[];
  /** Whether it is complete; a resumed run does the others. */
  readonly finished: boolean;
  /** How long it took; null until it is complete. */
  readonly seconds: number | null;
}

export interface StoredSample extends VariantRef {
  readonly experiment: string;
  readonly workload: string;
  readonly metric: string;
  readonly round: number;
  readonly value: number;
}

export interface StoredTraining extends FinishedTraining {
  readonly experiment: string;
  readonly workload: string;
}

export interface StoredVerdict {
  readonly experiment: string;
  readonly claim: string;
  readonly verdict: Verdict;
  readonly rule: string;
  readonly evidence: string;
  /** When it was judged, ISO 8601. */
  readonly judgedAt: string;
}

export interface StoredFailure {
  readonly experiment: string;
  readonly workload: string | null;
  readonly variant: string | null;
  readonly target: Target | null;
  readonly reason: FailureReason;
  readonly message: string;
}

/** What a list of runs shows of each. */
export interface RunSummary {
  /** `r1`, `r2` … */
  readonly id: string;
  readonly status: RunStatus;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  readonly finishedAt: string | null;
  /** The arguments as typed, without the program's name. */
  readonly command: readonly string[];
  readonly settings: Settings;
  /** In the order in which they ran. */
  readonly experiments: readonly string[];
  readonly cells: { readonly finished: number; readonly planned: number };
  readonly verdicts: Readonly<Record<Verdict, number>>;
  readonly failures: number;
}

/** One run with everything that is known of it, each list in the order in which it came. */
export interface StoredRun {
  readonly run: RunSummary;
  readonly environment: Environment;
  readonly settings: Settings;
  readonly cells: readonly StoredCell[];
  readonly measurements: readonly Measurement[];
  readonly samples: readonly StoredSample[];
  readonly trainings: readonly StoredTraining[];
  readonly verdicts: readonly StoredVerdict[];
  readonly failures: readonly StoredFailure[];
}

/** The newest verdict on a claim, and the run that it comes from. */
export interface LatestVerdict extends StoredVerdict {
  readonly run: string;
}

/** A run id as people type it: `r12`, `12`, or `last`. Undefined where no such run is stored. */
export function findRun(db: Connection, typed: string): number | undefined {
  if (typed === "last") return db.prepare<[], number>("SELECT max(id) FROM run").pluck().get() ?? undefined;
  const number = /^r?(\d{1,15})$/i.exec(typed)?.[1];
  if (number === undefined) return undefined;
  return db.prepare<[number], number>("SELECT id FROM run WHERE id = ?").pluck().get(Number(number));
}

/** How a run is shown and typed. */
export function runName(id: number): string {
  return `r${id}`;
}

/** Runs, newest first. */
export function listRuns(db: Connection, most = -1): RunSummary[] {
  const rows = db.prepare<[number], RunRow>("SELECT * FROM run ORDER BY id DESC LIMIT ?").all(most);
  return rows.map((row) => summaryOf(db, row));
}

/** Everything that is stored of a run (an id of `findRun`), or undefined where it was deleted. */
export function loadRun(db: Connection, id: number): StoredRun | undefined {
  // One transaction, so that all parts are of the same moment while the run goes on.
  return db.transaction(() => {
    const row = db.prepare<[number], RunRow>("SELECT * FROM run WHERE id = ?").get(id);
    return row && storedRun(db, row);
  })();
}

/** Deletes a run with all its rows; false where there was none. */
export function deleteRun(db: Connection, id: number): boolean {
  return db.prepare("DELETE FROM run WHERE id = ?").run(id).changes > 0;
}

/** The newest verdict on each claim that was ever tested, by claim id. */
export function latestVerdicts(db: Connection): Map<string, LatestVerdict> {
  const rows = db
    .prepare<[], VerdictRow & { run: number }>(
      `SELECT v.* FROM verdict v
       JOIN (SELECT claim, max(run) AS run FROM verdict GROUP BY claim) latest
         ON latest.claim = v.claim AND latest.run = v.run
       ORDER BY v.claim, v.experiment`,
    )
    .all();
  return new Map(rows.map((row) => [row.claim, { ...verdictOf(row), run: runName(row.run) }]));
}

/** The newest verdict on one claim, or undefined where it was never tested. */
export function latestVerdict(db: Connection, claim: string): LatestVerdict | undefined {
  const row = db
    .prepare<[string], VerdictRow & { run: number }>(
      "SELECT * FROM verdict WHERE claim = ? ORDER BY run DESC, experiment DESC LIMIT 1",
    )
    .get(claim);
  return row && { ...verdictOf(row), run: runName(row.run) };
}

interface RunRow {
  readonly id: number;
  readonly started_at: string;
  readonly finished_at: string | null;
  readonly outcome: "finished" | "interrupted" | null;
  readonly pid: number;
  readonly process_started: string;
  readonly command: string;
  readonly profile: Profile;
  readonly seed: number;
  readonly targets: string;
  readonly environment: string;
  readonly choices: string;
}

function settingsOf(row: RunRow): Settings {
  // Which peers take part depends on the machine: they are kept with it, and a resumed run asks for the same.
  const { peers } = JSON.parse(row.environment) as Pick<Environment, "peers">;
  return {
    ...JSON.parse(row.choices),
    profile: row.profile,
    seed: row.seed,
    targets: JSON.parse(row.targets),
    ...(peers && { peers: peers.map(({ peer }) => peer) }),
  };
}

/** What became of a run: as recorded, or by whether its process still lives. */
export function statusOf(row: Pick<RunRow, "outcome" | "pid" | "process_started">): RunStatus {
  return row.outcome ?? (isAlive({ pid: row.pid, started: row.process_started }) ? "running" : "killed");
}

function summaryOf(db: Connection, row: RunRow): RunSummary {
  const cells = db
    .prepare<[number], { experiment: string; planned: number; finished: number }>(
      `SELECT experiment, count(*) AS planned, count(finished_at) AS finished
       FROM cell WHERE run = ? GROUP BY experiment ORDER BY min(position)`,
    )
    .all(row.id);
  const verdicts = db
    .prepare<[number], { verdict: Verdict; count: number }>(
      "SELECT verdict, count(*) AS count FROM verdict WHERE run = ? GROUP BY verdict",
    )
    .all(row.id);
  const failures = db.prepare<[number], number>("SELECT count(*) FROM failure WHERE run = ?").pluck();
  const count = (wanted: Verdict): number => verdicts.find(({ verdict }) => verdict === wanted)?.count ?? 0;
  return {
    id: runName(row.id),
    status: statusOf(row),
    startedAt: row.started_at,
    finishedAt: row.finished_at,
    command: JSON.parse(row.command),
    settings: settingsOf(row),
    experiments: cells.map(({ experiment }) => experiment),
    cells: {
      finished: cells.reduce((sum, each) => sum + each.finished, 0),
      planned: cells.reduce((sum, each) => sum + each.planned, 0),
    },
    verdicts: {
      confirmed: count("confirmed"),
      refuted: count("refuted"),
      inconclusive: count("inconclusive"),
    },
    failures: failures.get(row.id) ?? 0,
  };
}

function storedRun(db: Connection, row: RunRow): StoredRun {
  return {
    run: summaryOf(db, row),
    environment: JSON.parse(row.environment),
    settings: settingsOf(row),
    cells: cellsOf(db, row.id),
    measurements: measurementsOf(db, row.id),
    samples: samplesOf(db, row.id),
    trainings: trainingsOf(db, row.id),
    verdicts: db
      .prepare<[number], VerdictRow>(
        // In the order of the plan; within an experiment as they were judged.
        `SELECT v.* FROM verdict v LEFT JOIN cell c ON c.run = v.run AND c.experiment = v.experiment
         WHERE v.run = ? GROUP BY v.experiment, v.claim ORDER BY min(c.position), v.judged_at, v.claim`,
      )
      .all(row.id)
      .map(verdictOf),
    failures: db
      .prepare<[number], StoredFailure>(
        `SELECT experiment, workload, variant, target, reason, message FROM failure
         WHERE run = ? ORDER BY id`,
      )
      .all(row.id),
  };
}

interface CellRow {
  readonly experiment: string;
  readonly workload: string;
  readonly variants: string;
  readonly finished_at: string | null;
  readonly seconds: number | null;
}

/** The cells of a run in the order of its plan. */
export function cellsOf(db: Connection, run: number): StoredCell[] {
  const rows = db.prepare<[number], CellRow>("SELECT * FROM cell WHERE run = ? ORDER BY position").all(run);
  return rows.map((row) => ({
    experiment: row.experiment,
    workload: row.workload,
    variants: JSON.parse(row.variants),
    finished: row.finished_at !== null,
    seconds: row.seconds,
  }));
}

interface MeasurementRow extends VariantRef {
  readonly experiment: string;
  readonly workload: string;
  readonly threads: number;
  readonly metric: string;
  readonly unit: string;
  readonly kind: MetricKind;
  readonly value: number;
  readonly low: number;
  readonly high: number;
  readonly n: number;
  readonly against_variant: string | null;
  readonly against_target: Target | null;
  readonly correct: 0 | 1 | null;
}

/** The measurements of a run in the order in which they were made. */
export function measurementsOf(db: Connection, run: number): Measurement[] {
  const rows = db
    .prepare<[number], MeasurementRow>(
      `SELECT c.experiment, c.workload, m.* FROM measurement m JOIN cell c ON c.id = m.cell
       WHERE c.run = ? ORDER BY c.position, m.id`,
    )
    .all(run);
  return rows.map(measurementOf);
}

function measurementOf(row: MeasurementRow): Measurement {
  const { experiment, workload, variant, target, threads, metric, unit, kind, value, low, high, n } = row;
  const made = { experiment, workload, variant, target, threads, metric, unit, kind, value, low, high, n };
  const correct = row.correct === null ? null : row.correct === 1;
  if (row.against_variant === null || row.against_target === null) return { ...made, correct };
  return { ...made, against: { variant: row.against_variant, target: row.against_target }, correct };
}

function samplesOf(db: Connection, run: number): StoredSample[] {
  return db
    .prepare<[number], StoredSample>(
      `SELECT c.experiment, c.workload, s.variant, s.target, s.metric, s.round, s.value
       FROM sample s JOIN cell c ON c.id = s.cell WHERE c.run = ? ORDER BY c.position, s.id`,
    )
    .all(run);
}

interface TrainingRow extends VariantRef {
  readonly experiment: string;
  readonly workload: string;
  readonly seed: number;
  readonly seconds: number;
  readonly figures: string;
  readonly curves: string;
  readonly failure: string | null;
}

function trainingsOf(db: Connection, run: number): StoredTraining[] {
  return db
    .prepare<[number], TrainingRow>(
      `SELECT c.experiment, c.workload, t.variant, t.target, t.seed, t.seconds, t.figures, t.curves, t.failure
       FROM training t JOIN cell c ON c.id = t.cell WHERE c.run = ? ORDER BY c.position, t.id`,
    )
    .all(run)
    .map(({ figures, curves, failure, ...row }) => ({
      ...row,
      figures: JSON.parse(figures),
      curves: JSON.parse(curves),
      ...(failure !== null && { failure }),
    }));
}

interface VerdictRow {
  readonly experiment: string;
  readonly claim: string;
  readonly verdict: Verdict;
  readonly rule: string;
  readonly evidence: string;
  readonly judged_at: string;
}

function verdictOf({ experiment, claim, verdict, rule, evidence, judged_at }: VerdictRow): StoredVerdict {
  return { experiment, claim, verdict, rule, evidence, judgedAt: judged_at };
}
