/**
 * A search that is stored while it goes on: each batch is in the database before anyone sees it, so that Ctrl-C, a crash
 * or a power cut costs one batch.
 */
import type { Connection } from "../catalog/database/open.ts";
import {
  addTrials,
  beginTuning,
  findTuning,
  finishTuning,
  interruptTuning,
  loadTuning,
  reopenTuning,
  type StoredTuning,
  type TuningOrder,
  tuningName,
} from "../catalog/tunings.ts";
import type { TunedTrial } from "../kernels/experiment.ts";
import { describeMachine } from "../kernels/measure/machine.ts";
import type { Environment } from "../kernels/run-events.ts";
import { budgetFor } from "../kernels/tune/budget.ts";
import { type CacheSizes, usualCaches } from "../kernels/tune/cost-model.ts";
import { hostMeasure } from "../kernels/tune/measure.ts";
import { pointOfName } from "../kernels/tune/point.ts";
import { type SearchEvent, search, type Trial } from "../kernels/tune/search.ts";
import { shapeClass } from "../kernels/tune/shape-class.ts";
import { spaceOf } from "../kernels/tune/space.ts";
import { strategyCalled } from "../kernels/tune/strategies/index.ts";
import { type TuneTarget, tuneTargetCalled } from "../kernels/tune/targets.ts";
import { withThreads } from "../kernels/variant.ts";
import about from "../package.json" with { type: "json" };
import { CommandError, UsageError } from "./exit.ts";

/** What the user asked for. */
export type TuningWish = Omit<TuningOrder, "defaultPlan" | "environment" | "budget"> & {
  readonly seconds: number | undefined;
};

export interface TuningControl {
  readonly signal: AbortSignal;
  readonly child?: URL | undefined;
  readonly onProgress: (doing: string) => void;
}

/** Enters a new search. Returns its number. */
export function newTuning(db: Connection, { seconds, ...wish }: TuningWish): number {
  const row = targetOf(wish.target);
  const { seconds: budget } = budgetFor(wish, row.target, wish.profile, seconds);
  const environment = describeMachine(about.version);
  return beginTuning(db, {
    ...wish,
    budget,
    defaultPlan: withThreads(row.defaultVariant, wish.threads),
    environment,
  });
}

/**
 * Takes up a stored search.
 *
 * @throws UsageError if there is none; CommandError if it has ended, goes on elsewhere, or belongs to another machine
 */
export function resumedTuning(db: Connection, typed: string): number {
  const id = findTuning(db, typed);
  const stored = id === undefined ? undefined : loadTuning(db, id);
  if (id === undefined || !stored) {
    throw new UsageError(
      `there is no search "${typed}"`,
      "`kdaccel tune --list` shows those that there are.",
    );
  }
  if (stored.decision) {
    throw new CommandError(
      `search ${stored.id} has ended: ${stored.decision.reason}`,
      "Start another one with a different --seed, --strategy or --profile.",
    );
  }
  refuseOtherMachine(stored);
  refuseOtherDefault(stored);
  if (!reopenTuning(db, id)) {
    throw new CommandError(
      `search ${stored.id} is still going on in another process`,
      "Wait until it has finished, or end that process first.",
    );
  }
  return id;
}

// What a figure depends on so much that the parts of one search must have it in common.
const decisive = ["cpu", "arch", "node", "kdaccel"] as const satisfies readonly (keyof Environment)[];

function refuseOtherMachine({ id, environment }: StoredTuning): void {
  const now = describeMachine(about.version);
  const other = decisive.find((field) => now[field] !== environment[field]);
  if (other === undefined) return;
  throw new CommandError(
    `search ${id} was made with ${other} ${environment[other]}, here it is ${now[other]}: its parts could not be compared`,
    "Start it anew without --resume.",
  );
}

/** The parts of a search must have been compared with one and the same plan. */
function refuseOtherDefault({ id, target, threads, defaultPlan }: StoredTuning): void {
  const now = withThreads(targetOf(target).defaultVariant, threads);
  if (now === defaultPlan) return;
  throw new CommandError(
    `search ${id} compared its plans with ${defaultPlan}, the default by now is ${now}`,
    "Start it anew without --resume.",
  );
}

/** Runs a search from where it stands and stores what comes. To be iterated to its end. */
export async function* runTuning(
  db: Connection,
  id: number,
  control: TuningControl,
): AsyncGenerator<SearchEvent> {
  const stored = loadTuning(db, id);
  if (!stored) throw new CommandError(`search ${tuningName(id)} was deleted while it ran`);
  const began = performance.now();
  const spent = (): number => stored.spent + (performance.now() - began) / 1000;
  let ended = false;
  try {
    for await (const event of searchOf(stored, control)) {
      if (event.type === "tried") addTrials(db, id, event.trials, spent());
      if (event.type === "decided") {
        finishTuning(db, id, event.decision, { shapeClass: shapeClass(stored), spent: spent() });
        ended = true;
      }
      yield event;
    }
  } finally {
    if (!ended) interruptTuning(db, id, spent());
  }
}

function searchOf(stored: StoredTuning, control: TuningControl): AsyncGenerator<SearchEvent> {
  const { element, m, n, k, threads, profile, seed, environment } = stored;
  const row = targetOf(stored.target);
  const shape = { m, n, k };
  const space = spaceOf(row, element, shape, threads);
  const { defaultVariant } = space;
  return search({
    space,
    strategy: strategyCalled(stored.strategy),
    seed,
    caches: cacheSizes(environment),
    budget: budgetFor(shape, row.target, profile, stored.budget),
    measure: hostMeasure({ ...control, target: row.target, defaultVariant, shape, element, seed }),
    history: stored.trials.map(trialOf),
    spent: stored.spent,
  });
}

function trialOf(trial: TunedTrial): Trial {
  const plan = pointOfName(trial.id);
  if (plan) return { ...trial, plan };
  throw new CommandError(
    `the stored search holds "${trial.id}", which this kdaccel cannot read`,
    "Start it anew without --resume.",
  );
}

function targetOf(id: string): TuneTarget {
  const row = tuneTargetCalled(id);
  if (!row) throw new CommandError(`target ${id} cannot be tuned by this kdaccel`);
  return row;
}

/** Capacities of the machine's caches; of a large shared last level no more than what one core may expect. */
function cacheSizes({ caches, cores }: Environment): CacheSizes {
  const bytes = (level: RegExp): number | undefined => caches.find((each) => level.test(each.level))?.bytes;
  const l3 = bytes(/^L3/);
  return {
    l1: bytes(/^L1d?$/) ?? usualCaches.l1,
    l2: bytes(/^L2/) ?? usualCaches.l2,
    l3: l3 === undefined ? usualCaches.l3 : l3 / Math.max(2, cores),
  };
}
