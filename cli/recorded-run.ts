/**
 * A run that is written to the ledger while it goes on: what `bench` and the terminal UI start. Each event is stored
 * before anyone sees it.
 */

import type { Connection } from "../catalog/database/open.ts";
import type { StoredCell, StoredRun } from "../catalog/ledger.ts";
import { beginRun, type Recorder, reopenRun } from "../catalog/recorder.ts";
import { bestPlans } from "../catalog/tunings.ts";
import type { Cell, Experiment, Settings, TunedPlan } from "../kernels/experiment.ts";
import { planRun, type RunPart } from "../kernels/host/plan.ts";
import { runExperiments } from "../kernels/host/run.ts";
import { describeMachine } from "../kernels/measure/machine.ts";
import { nativeAvailability } from "../kernels/native/availability.ts";
import type { Environment, PeerDescription, RunEvent } from "../kernels/run-events.ts";
import about from "../package.json" with { type: "json" };
import { commandLine } from "../reports/command-line.ts";
import { CommandError } from "./exit.ts";
import { storedRunCalled } from "./stored-run.ts";
import { requireNative } from "./targets.ts";

export interface RunControl {
  /** Ends the run; what was finished is kept. */
  readonly signal?: AbortSignal;
  /** Main file of the child process; the host's own unless a test has another. */
  readonly child?: URL | undefined;
}

export interface RecordedRun {
  /** `r12`: what --resume and `runs show` take. */
  readonly name: string;
  readonly id: number;
  readonly parts: readonly RunPart[];
  readonly settings: Settings;
  /** Runs it. To be iterated once. */
  events(control?: RunControl): AsyncGenerator<RunEvent>;
}

export interface RunOrder {
  readonly experiments: readonly Experiment[];
  readonly settings: Settings;
  /** The arguments that would repeat it, without the program's name. */
  readonly command: readonly string[];
  /** The libraries of others that `settings.peers` names, as they were found. */
  readonly peers?: readonly PeerDescription[];
}

/** Enters a new run in the ledger. */
export function newRun(db: Connection, { experiments, settings, command, peers }: RunOrder): RecordedRun {
  const parts = planRun(experiments, settings);
  const environment = { ...environmentOf(settings), ...(peers && { peers }) };
  return recorded(beginRun(db, { command, settings, environment }), parts, settings);
}

/** The settings with the plans that searches found on this machine. */
export function withPlans(
  db: Connection,
  settings: Settings,
  environment: Environment = describeMachine(about.version),
): Settings {
  const plans = bestPlans(db, environment).map(
    ({ target, element, shapeClass, threads, plan }): TunedPlan => ({
      ...{ target, element, shapeClass, plan },
      ...(threads !== undefined && { threads }),
    }),
  );
  return plans.length === 0 ? settings : { ...settings, plans };
}

/**
 * Takes up a stored run under its own settings, with the cells that are not finished.
 *
 * @throws UsageError if there is no such run; CommandError if it goes on elsewhere, has nothing left, or was made by
 * another program or on another machine, because its parts could not be compared then
 */
export function resumedRun(db: Connection, typed: string, experiments: readonly Experiment[]): RecordedRun {
  const found = storedRunCalled(db, typed);
  const stored = { ...found, settings: withPlans(db, found.settings) };
  const { id: name } = stored.run;
  const ran = new Set(stored.cells.map((cell) => cell.experiment));
  const parts = [...ran].map((id) => remainingPart(stored, experiments, id));
  const judged = stored.run.status === "finished";
  if (judged && parts.every((part) => part.cells.length === 0)) {
    throw new CommandError(`run ${name} is complete`, `\`kdaccel runs show ${name}\` shows it.`);
  }
  refuseOtherMachine(stored);
  refuseOtherInstructions(stored);
  const recorder = reopenRun(db, Number(name.slice(1)));
  if (typeof recorder === "string") {
    throw new CommandError(
      `run ${name} is still going on in another process`,
      "Wait until it has finished, or end that process first.",
    );
  }
  return recorded(recorder, parts, stored.settings);
}

function remainingPart(stored: StoredRun, experiments: readonly Experiment[], id: string): RunPart {
  const here = stored.cells.filter((cell) => cell.experiment === id);
  const experiment = experiments.find((each) => each.id === id);
  const plan = experiment?.plan(stored.settings) ?? [];
  if (!experiment || !samePlan(plan, here)) {
    throw new CommandError(
      `run ${stored.run.id} cannot be completed: experiment ${id} no longer plans what it planned then`,
      `Run it anew: ${commandLine(stored.run.command)}`,
    );
  }
  const finished = new Set(here.filter((cell) => cell.finished).map((cell) => cell.workload));
  return {
    experiment,
    cells: plan.filter((cell) => !finished.has(cell.workload)),
    have: stored.measurements.filter((m) => m.experiment === id && finished.has(m.workload)),
    trainings: ({ workload }) =>
      stored.trainings
        .filter((each) => each.experiment === id && each.workload === workload)
        .map(({ experiment: _experiment, workload: _workload, ...training }) => training),
  };
}

function samePlan(plan: readonly Cell[], stored: readonly StoredCell[]): boolean {
  const shape = (cells: readonly Pick<Cell, "workload" | "variants">[]): string =>
    JSON.stringify(
      cells.map(({ workload, variants }) => [workload, variants.map((v) => [v.variant, v.target])]),
    );
  return shape(plan) === shape(stored);
}

// What a figure depends on so much that the parts of one run must have it in common.
const decisive = ["cpu", "arch", "node", "kdaccel"] as const satisfies readonly (keyof Environment)[];

function refuseOtherMachine({ run, environment }: StoredRun): void {
  const now = describeMachine(about.version);
  const other = decisive.find((field) => now[field] !== environment[field]);
  if (other === undefined) return;
  throw new CommandError(
    `run ${run.id} was made with ${other} ${environment[other]}, here it is ${now[other]}: its parts could not be compared`,
    `Run it anew: ${commandLine(run.command)}`,
  );
}

/** The machine as it is now, with what its native kernels are generated for where the run may use them. */
function environmentOf({ targets }: Settings): Environment {
  const machine = describeMachine(about.version);
  const native = targets.includes("native") ? nativeAvailability() : undefined;
  return native?.available ? { ...machine, nativeIsa: native.isa } : machine;
}

/** A run that had native kernels goes on with kernels for the same instructions. */
function refuseOtherInstructions({ run, settings, environment }: StoredRun): void {
  const { nativeIsa } = environment;
  if (!settings.targets.includes("native") || nativeIsa === undefined) return;
  const native = requireNative(nativeIsa === "avx2" ? "native-avx2" : "native");
  if (native.available && native.isa === nativeIsa) return;
  throw new CommandError(
    `run ${run.id} was made with native kernels for ${nativeIsa}, which cannot run here`,
    `Run it anew: ${commandLine(run.command)}`,
  );
}

function recorded(recorder: Recorder, parts: readonly RunPart[], settings: Settings): RecordedRun {
  const { id, name } = recorder;
  return {
    id,
    name,
    parts,
    settings,
    events: (control) => record(recorder, { parts, settings, ...control }),
  };
}

async function* record(
  recorder: Recorder,
  { child, ...request }: RunControl & Pick<RecordedRun, "parts" | "settings">,
): AsyncGenerator<RunEvent> {
  let finished = false;
  try {
    for await (const event of runExperiments({ ...request, ...(child && { child }) })) {
      recorder.record(event);
      finished = event.type === "finished" && event.experiment === undefined;
      yield event;
    }
  } catch (error) {
    finished = true; // the ledger itself failed: it takes no further word, and the dead process tells the status
    throw error;
  } finally {
    if (!finished) recorder.interrupted();
  }
}
