/**
 * Writing the ledger: each event of a run is stored as it comes, so that whatever kills the process leaves what it had
 * finished. Samples are written together, at the latest with the next event of another kind or every `mostPending`.
 */
import type { Settings } from "../kernels/experiment.ts";
import type {
  Environment,
  FailedEvent,
  MeasurementEvent,
  RunEvent,
  SampleEvent,
  StartedEvent,
  TrainingEvent,
  VerdictEvent,
} from "../kernels/run-events.ts";
import type { Connection } from "./database/open.ts";
import { type RunStatus, runName, statusOf } from "./ledger.ts";
import { identityOf } from "./process-identity.ts";

/** What a run is, before its first event. */
export interface NewRun {
  /** The arguments as typed, without the program's name. */
  readonly command: readonly string[];
  readonly settings: Settings;
  readonly environment: Environment;
}

// A round of a comparison gives one sample a contestant and metric; a dozen rounds fit one transaction.
const mostPending = 256;

/** Stores the events of one run. */
export interface Recorder {
  /** The run as it is stored, and as people type it. */
  readonly id: number;
  readonly name: string;
  /**
   * Stores one event. The run's `finished` event closes it.
   *
   * @throws SqliteError if it cannot be written (locked, disk full); nothing of the event is stored then
   */
  record(event: RunEvent): void;
  /** Stores what is pending and marks the run as interrupted. */
  interrupted(): void;
}

/** What of the settings has no column of its own. */
function choicesOf({ profile: _profile, seed: _seed, targets: _targets, ...choices }: Settings): object {
  return choices;
}

/** Begins a run; its id is given here. */
export function beginRun(db: Connection, run: NewRun): Recorder {
  const { pid, started } = identityOf();
  const { settings } = run;
  const { lastInsertRowid } = db
    .prepare(
      `INSERT INTO run (started_at, pid, process_started, command, profile, seed, targets, environment, choices)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    )
    .run(
      now(),
      pid,
      started,
      JSON.stringify(run.command),
      settings.profile,
      settings.seed,
      JSON.stringify(settings.targets),
      JSON.stringify(run.environment),
      JSON.stringify(choicesOf(settings)),
    );
  return recorder(db, Number(lastInsertRowid));
}

/**
 * Takes up a run that was interrupted or killed, or whose cells failed: what unfinished cells had recorded is dropped,
 * because they start afresh; trainings that
 * were through stay. Returns its status instead where another living process writes to it.
 */
export function reopenRun(db: Connection, id: number): Recorder | RunStatus {
  const { pid, started } = identityOf();
  const take = db.transaction((): RunStatus | undefined => {
    const row = db
      .prepare<[number], Parameters<typeof statusOf>[0]>(
        "SELECT outcome, pid, process_started FROM run WHERE id = ?",
      )
      .get(id);
    if (row && statusOf(row) === "running") return "running";
    db.prepare(
      `UPDATE run SET outcome = NULL, finished_at = NULL, pid = ?, process_started = ? WHERE id = ?`,
    ).run(pid, started, id);
    const unfinished = "SELECT id FROM cell WHERE run = ? AND finished_at IS NULL";
    db.prepare(`DELETE FROM sample WHERE cell IN (${unfinished})`).run(id);
    db.prepare(`DELETE FROM measurement WHERE cell IN (${unfinished})`).run(id);
    // What a training was given up for stands with it.
    // Failures of the whole experiment (a rule that threw) are tried again with it.
    db.prepare(
      `DELETE FROM failure WHERE run = ? AND NOT EXISTS (
         SELECT 1 FROM cell c WHERE c.run = failure.run AND c.experiment = failure.experiment
           AND c.workload = failure.workload AND (c.finished_at IS NOT NULL OR (failure.reason = 'error' AND EXISTS (
             SELECT 1 FROM training t WHERE t.cell = c.id AND t.variant = failure.variant AND t.failure IS NOT NULL))))`,
    ).run(id);
    return undefined;
  });
  return take.immediate() ?? recorder(db, id);
}

const now = (): string => new Date().toISOString();

function recorder(db: Connection, run: number): Recorder {
  const write = statements(db, run);
  let pending: SampleEvent[] = [];
  const flush = (): void => {
    if (pending.length === 0) return;
    write.samples(pending);
    pending = [];
  };
  return {
    id: run,
    name: runName(run),
    record(event) {
      if (event.type === "progress") return;
      if (event.type === "sample") {
        pending.push(event);
        if (pending.length >= mostPending) flush();
        return;
      }
      flush();
      store(write, event);
    },
    interrupted() {
      flush();
      write.close("interrupted");
    },
  };
}

type Statements = ReturnType<typeof statements>;

function store(write: Statements, event: Exclude<RunEvent, { type: "progress" | "sample" }>): void {
  if (event.type === "started") write.plan(event);
  else if (event.type === "training") write.training(event);
  else if (event.type === "measurement") write.measurement(event);
  else if (event.type === "verdict") write.verdict(event);
  else if (event.type === "failed") write.failure(event);
  else if (event.experiment === undefined) write.close("finished");
  else if (event.workload !== undefined) write.cellFinished(event.experiment, event.workload, event.seconds);
}

/** Every statement of a run, prepared once. */
function statements(db: Connection, run: number) {
  const insertCell = db.prepare(
    `INSERT INTO cell (run, experiment, workload, position, variants) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (run, experiment, workload) DO NOTHING`,
  );
  const findCell = db
    .prepare<[number, string, string], number>(
      "SELECT id FROM cell WHERE run = ? AND experiment = ? AND workload = ?",
    )
    .pluck();
  const insertSample = db.prepare(
    "INSERT INTO sample (cell, variant, target, metric, round, value) VALUES (?, ?, ?, ?, ?, ?)",
  );
  const insertTraining = db.prepare(
    `INSERT OR REPLACE INTO training (cell, variant, target, seed, seconds, figures, curves, failure)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const insertMeasurement = db.prepare(
    `INSERT INTO measurement (cell, variant, target, threads, metric, unit, kind, value, low, high, n,
       against_variant, against_target, correct) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const insertVerdict = db.prepare(
    `INSERT OR REPLACE INTO verdict (run, experiment, claim, verdict, rule, evidence, judged_at)
     VALUES (?, ?, ?, ?, ?, ?, ?)`,
  );
  const insertFailure = db.prepare(
    `INSERT INTO failure (run, experiment, workload, variant, target, reason, message)
     VALUES (?, ?, ?, ?, ?, ?, ?)`,
  );
  const finishCell = db.prepare("UPDATE cell SET finished_at = ?, seconds = ? WHERE id = ?");
  const dropSamples = db.prepare("DELETE FROM sample WHERE cell = ?");
  const dropMeasurements = db.prepare("DELETE FROM measurement WHERE cell = ?");
  const closeRun = db.prepare("UPDATE run SET outcome = ?, finished_at = ? WHERE id = ?");

  let latest: { readonly key: string; readonly id: number } | undefined;
  const cell = (experiment: string, workload: string): number => {
    const key = JSON.stringify([experiment, workload]);
    if (latest?.key === key) return latest.id;
    const id = findCell.get(run, experiment, workload);
    if (id === undefined) throw new Error(`run ${runName(run)} has no cell ${experiment} ${workload}`);
    latest = { key, id };
    return id;
  };

  return {
    plan: db.transaction((event: StartedEvent) => {
      let position = 0;
      for (const { experiment, cells } of event.experiments) {
        for (const { workload, variants } of cells) {
          insertCell.run(run, experiment, workload, position++, JSON.stringify(variants));
        }
      }
    }),
    samples: db.transaction((events: readonly SampleEvent[]) => {
      for (const { experiment, workload, variant, target, metric, round, value } of events) {
        insertSample.run(cell(experiment, workload), variant, target, metric, round, value);
      }
    }),
    training({ experiment, workload, variant, target, seed, seconds, ...came }: TrainingEvent) {
      const [figures, curves] = [came.figures, came.curves].map((part) => JSON.stringify(part));
      const place = [cell(experiment, workload), variant, target, seed];
      insertTraining.run(...place, seconds, figures, curves, came.failure ?? null);
    },
    measurement(m: MeasurementEvent) {
      const correct = m.correct === null ? null : Number(m.correct);
      const of = [cell(m.experiment, m.workload), m.variant, m.target, m.threads, m.metric, m.unit, m.kind];
      const against = [m.against?.variant ?? null, m.against?.target ?? null];
      insertMeasurement.run(...of, m.value, m.low, m.high, m.n, ...against, correct);
    },
    verdict({ experiment, claim, verdict, rule, evidence }: VerdictEvent) {
      insertVerdict.run(run, experiment, claim, verdict, rule, evidence, now());
    },
    failure: db.transaction((event: FailedEvent) => {
      const { experiment, workload, variant, target, reason, message } = event;
      insertFailure.run(run, experiment, workload ?? null, variant ?? null, target ?? null, reason, message);
      if (!event.retried || workload === undefined) return;
      // The cell starts afresh: only what it measures now counts.
      dropSamples.run(cell(experiment, workload));
      dropMeasurements.run(cell(experiment, workload));
    }),
    cellFinished(experiment: string, workload: string, seconds: number) {
      finishCell.run(now(), seconds, cell(experiment, workload));
    },
    close(outcome: "finished" | "interrupted") {
      closeRun.run(outcome, now(), run);
    },
  };
}
