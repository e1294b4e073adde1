/**
 * Searches for plans, stored: each batch of trials as it comes, the decision, and the best plan of a class of shapes on
 * this kind of machine. What the ledger is for runs, this is for searches.
 */
import type {
  Interval,
  Profile,
  TrialOutcome,
  TunedPlan,
  TunedTrial,
  TuningDecision,
} from "../kernels/experiment.ts";
import type { Environment } from "../kernels/run-events.ts";
import type { Connection } from "./database/open.ts";
import { type RunStatus, statusOf } from "./ledger.ts";
import { identityOf } from "./process-identity.ts";

/** What a search was asked for. */
export interface TuningOrder {
  readonly target: string;
  readonly element: "f32" | "f64";
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly threads: number;
  readonly strategy: string;
  readonly profile: Profile;
  readonly seed: number;
  /** Seconds that it may take. */
  readonly budget: number;
  readonly defaultPlan: string;
  /** The arguments as typed, without the program's name. */
  readonly command: readonly string[];
  readonly environment: Environment;
}

export interface StoredTuning extends TuningOrder {
  /** `t1`, `t2` … */
  readonly id: string;
  readonly status: RunStatus;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  readonly finishedAt: string | null;
  /** Seconds that its parts took so far. */
  readonly spent: number;
  readonly trials: readonly TunedTrial[];
  readonly decision: TuningDecision | null;
}

/** A plan in use, with what it gained where it was found. */
export interface BestPlan extends TunedPlan {
  readonly speedUp: Interval;
  readonly tuning: string;
  readonly adoptedAt: string;
}

/** How a search is shown and typed. */
export function tuningName(id: number): string {
  return `t${id}`;
}

/** A search as people type it: `t3`, `3` or `last`. Undefined where no such search is stored. */
export function findTuning(db: Connection, typed: string): number | undefined {
  if (typed === "last") {
    return db.prepare<[], number>("SELECT max(id) FROM tuning").pluck().get() ?? undefined;
  }
  const number = /^t?(\d{1,15})$/i.exec(typed)?.[1];
  if (number === undefined) return undefined;
  return db.prepare<[number], number>("SELECT id FROM tuning WHERE id = ?").pluck().get(Number(number));
}

const now = (): string => new Date().toISOString();

/** Enters a search; its id is given here. */
export function beginTuning(db: Connection, order: TuningOrder): number {
  const { pid, started } = identityOf();
  const { target, element, m, n, k, threads, strategy, profile, seed, budget, defaultPlan } = order;
  const { lastInsertRowid } = db
    .prepare(
      `INSERT INTO tuning (started_at, pid, process_started, command, environment, target, element, m, n, k,
         threads, strategy, profile, seed, budget, default_plan)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    )
    .run(
      ...[now(), pid, started, JSON.stringify(order.command), JSON.stringify(order.environment)],
      ...[target, element, m, n, k, threads, strategy, profile, seed, budget, defaultPlan],
    );
  return Number(lastInsertRowid);
}

/** Takes up a search that was interrupted or killed; false where a living process writes to it or it has its decision. */
export function reopenTuning(db: Connection, id: number): boolean {
  const { pid, started } = identityOf();
  const take = db.transaction((): boolean => {
    const row = db.prepare<[number], TuningRow>("SELECT * FROM tuning WHERE id = ?").get(id);
    if (!row || row.decision !== null || statusOf(row) === "running") return false;
    // The last comparisons are made again: they compare plans with each other, and half of them are none.
    db.prepare("DELETE FROM trial WHERE tuning = ? AND stage <> 'trials'").run(id);
    db.prepare(
      "UPDATE tuning SET outcome = NULL, finished_at = NULL, pid = ?, process_started = ? WHERE id = ?",
    ).run(pid, started, id);
    return true;
  });
  return take.immediate();
}

/** Stores a batch, whole or not at all, and the seconds that the search has taken by now. */
export function addTrials(db: Connection, id: number, trials: readonly TunedTrial[], spent: number): void {
  const insert = db.prepare(
    `INSERT INTO trial (tuning, batch, stage, plan, predicted, state, message, seconds, seconds_low, seconds_high,
       speed_up, speed_up_low, speed_up_high, rounds) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  db.transaction(() => {
    for (const { batch, stage, id: plan, predicted, outcome } of trials) {
      insert.run(id, batch, stage, plan, predicted, outcome.state, ...outcomeColumns(outcome));
    }
    db.prepare("UPDATE tuning SET spent = ? WHERE id = ?").run(spent, id);
  })();
}

function outcomeColumns(outcome: TrialOutcome): (string | number | null)[] {
  if (outcome.state !== "measured") return [outcome.message, ...Array(7).fill(null)];
  const { seconds, speedUp, rounds } = outcome;
  return [
    ...[null, seconds.value, seconds.low, seconds.high],
    ...[speedUp.value, speedUp.low, speedUp.high, rounds],
  ];
}

/** Ends a search that was stopped; what it has tried is kept. */
export function interruptTuning(db: Connection, id: number, spent: number): void {
  db.prepare("UPDATE tuning SET outcome = 'interrupted', finished_at = ?, spent = ? WHERE id = ?").run(
    now(),
    spent,
    id,
  );
}

/** Ends a search with its decision; an adopted plan becomes the best plan of its class on this machine. */
export function finishTuning(
  db: Connection,
  id: number,
  decision: TuningDecision,
  place: { readonly shapeClass: string; readonly spent: number },
): void {
  db.transaction(() => {
    db.prepare(
      "UPDATE tuning SET outcome = 'finished', finished_at = ?, spent = ?, decision = ? WHERE id = ?",
    ).run(now(), place.spent, JSON.stringify(decision), id);
    const { adopted, speedUp } = decision;
    if (adopted === null || !speedUp) return;
    const row = db.prepare<[number], TuningRow>("SELECT * FROM tuning WHERE id = ?").get(id);
    if (!row) throw new Error(`search ${tuningName(id)} was deleted while it ran`);
    const { cpu, isa } = machineOf(JSON.parse(row.environment));
    db.prepare(
      `INSERT OR REPLACE INTO best_plan (cpu, isa, target, element, shape_class, threads, plan, speed_up,
         speed_up_low, speed_up_high, tuning, adopted_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ).run(
      ...[cpu, isa, row.target, row.element, place.shapeClass, row.threads, adopted],
      ...[speedUp.value, speedUp.low, speedUp.high, id, now()],
    );
  })();
}

/** What plans are stored under: the model of the CPU and what it can do. */
function machineOf({ cpu, isa }: Pick<Environment, "cpu" | "isa">): { cpu: string; isa: string } {
  return { cpu, isa: JSON.stringify([...isa].sort()) };
}

interface BestPlanRow {
  readonly target: string;
  readonly element: "f32" | "f64";
  readonly shape_class: string;
  readonly threads: number;
  readonly plan: string;
  readonly speed_up: number;
  readonly speed_up_low: number;
  readonly speed_up_high: number;
  readonly tuning: number;
  readonly adopted_at: string;
}

/** The plans in use on a machine. */
export function bestPlans(db: Connection, machine: Pick<Environment, "cpu" | "isa">): BestPlan[] {
  const { cpu, isa } = machineOf(machine);
  return db
    .prepare<[string, string], BestPlanRow>(
      "SELECT * FROM best_plan WHERE cpu = ? AND isa = ? ORDER BY target, element, shape_class, threads",
    )
    .all(cpu, isa)
    .map((row) => ({
      ...{ target: row.target, element: row.element, shapeClass: row.shape_class },
      ...{ threads: row.threads, plan: row.plan },
      speedUp: { value: row.speed_up, low: row.speed_up_low, high: row.speed_up_high },
      ...{ tuning: tuningName(row.tuning), adoptedAt: row.adopted_at },
    }));
}

/** Puts the default plans back on a machine, for all classes or those that match; says how many were forgotten. */
export function forgetPlans(
  db: Connection,
  machine: Pick<Environment, "cpu" | "isa">,
  only: { readonly target?: string | undefined; readonly shapeClass?: string | undefined } = {},
): number {
  const { cpu, isa } = machineOf(machine);
  const { target = null, shapeClass = null } = only;
  return db
    .prepare(
      `DELETE FROM best_plan WHERE cpu = ? AND isa = ? AND target = coalesce(?, target)
         AND shape_class = coalesce(?, shape_class)`,
    )
    .run(cpu, isa, target, shapeClass).changes;
}

interface TuningRow extends Omit<TuningOrder, "command" | "environment" | "defaultPlan"> {
  readonly id: number;
  readonly started_at: string;
  readonly finished_at: string | null;
  readonly outcome: "finished" | "interrupted" | null;
  readonly pid: number;
  readonly process_started: string;
  readonly command: string;
  readonly environment: string;
  readonly spent: number;
  readonly default_plan: string;
  readonly decision: string | null;
}

/** One search with its trials, or undefined where it was deleted. */
export function loadTuning(db: Connection, id: number): StoredTuning | undefined {
  return db.transaction(() => {
    const row = db.prepare<[number], TuningRow>("SELECT * FROM tuning WHERE id = ?").get(id);
    return row && storedTuning(db, row);
  })();
}

function storedTuning(db: Connection, row: TuningRow): StoredTuning {
  const { target, element, m, n, k, threads, strategy, profile, seed, budget, spent } = row;
  return {
    ...{
      id: tuningName(row.id),
      status: statusOf(row),
      startedAt: row.started_at,
      finishedAt: row.finished_at,
    },
    ...{ target, element, m, n, k, threads, strategy, profile, seed, budget, spent },
    defaultPlan: row.default_plan,
    command: JSON.parse(row.command),
    environment: JSON.parse(row.environment),
    trials: trialsOf(db, row.id),
    decision: row.decision === null ? null : JSON.parse(row.decision),
  };
}

interface TrialRow {
  readonly batch: number;
  readonly stage: TunedTrial["stage"];
  readonly plan: string;
  readonly predicted: number;
  readonly state: TrialOutcome["state"];
  readonly message: string | null;
  readonly seconds: number;
  readonly seconds_low: number;
  readonly seconds_high: number;
  readonly speed_up: number;
  readonly speed_up_low: number;
  readonly speed_up_high: number;
  readonly rounds: number;
}

function trialsOf(db: Connection, id: number): TunedTrial[] {
  const rows = db.prepare<[number], TrialRow>("SELECT * FROM trial WHERE tuning = ? ORDER BY id").all(id);
  return rows.map((row) => ({
    ...{ batch: row.batch, stage: row.stage, id: row.plan, predicted: row.predicted },
    outcome: outcomeOf(row),
  }));
}

function outcomeOf(row: TrialRow): TrialOutcome {
  if (row.state !== "measured") return { state: row.state, message: row.message ?? "" };
  return {
    state: "measured",
    seconds: { value: row.seconds, low: row.seconds_low, high: row.seconds_high },
    speedUp: { value: row.speed_up, low: row.speed_up_low, high: row.speed_up_high },
    rounds: row.rounds,
  };
}
