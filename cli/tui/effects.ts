/**
 * Carries out what the model asks for: starts and stops runs, writes reports, quits. Experiments run in a child process
 * (kernels/host), so drawing never disturbs a measurement's own thread; events reach the screen in batches.
 */
import type { Connection } from "../../catalog/database/open.ts";
import type { Experiment } from "../../kernels/experiment.ts";
import type { RunEvent } from "../../kernels/run-events.ts";
import type { Laboratory } from "../laboratory.ts";
import { settingsFor } from "./model/dialogs.ts";
import type { Action, Effect } from "./model/step.ts";
import type { Perform } from "./store.ts";

// At most ten redraws a second while something is measured.
const batchMilliseconds = 100;
// A child ends after its sample, which may take a second or two; then leaving does not wait any longer.
const patienceMilliseconds = 3000;

export interface EffectsOptions {
  readonly db: Connection;
  readonly laboratory: Laboratory;
  readonly experiments: readonly Experiment[];
  /** Gives the terminal back; tells whether that cut a run short. */
  leave(interrupted: boolean): void;
}

export interface Effects {
  readonly perform: Perform;
  /** Settles when no run goes on any more: the database is needed until then. */
  idle(): Promise<void>;
}

type Act = (action: Action) => void;

/** What carries out effects. A second `quit` does not wait for the run. */
export function effectsFor(options: EffectsOptions): Effects {
  let running: { readonly stopping: AbortController; readonly ended: Promise<void> } | undefined;
  let quitting = false;
  const quit = async (): Promise<void> => {
    const interrupted = running !== undefined;
    if (running && !quitting) {
      quitting = true;
      running.stopping.abort();
      await Promise.race([running.ended, delay(patienceMilliseconds)]);
    }
    options.leave(interrupted);
  };
  const perform: Perform = (effect, act) => {
    if (effect.type === "start") {
      const stopping = new AbortController();
      const ended = run(options, effect, stopping.signal, act).finally(() => {
        running = undefined;
      });
      running = { stopping, ended };
    } else if (effect.type === "stop") running?.stopping.abort();
    else if (effect.type === "export") void exportReport(options, effect, act);
    else void quit();
  };
  return { perform, idle: async () => running?.ended };
}

/** Runs, stores and tells; every failure becomes a message, because there is nobody else to catch it. */
async function run(
  { db, laboratory, experiments }: EffectsOptions,
  { experiments: ids, profile }: Extract<Effect, { type: "start" }>,
  signal: AbortSignal,
  act: Act,
): Promise<void> {
  const batch = batches(act);
  try {
    const { newRun } = await import("../recorded-run.ts");
    const chosen = experiments.filter(({ id }) => ids.includes(id));
    const command = ["bench", ...ids.flatMap((id) => ["--experiment", id]), "--profile", profile];
    const recorded = newRun(db, { experiments: chosen, settings: settingsFor(profile), command });
    act({ type: "run-began", id: recorded.name });
    let finished = false;
    for await (const event of recorded.events({ signal, child: laboratory.child })) {
      batch.add(event);
      finished = event.type === "finished" && event.experiment === undefined;
    }
    batch.flush();
    const text = finished
      ? `Run ${recorded.name} is finished and stored; e writes its report.`
      : `Stopped. What was finished is stored; kdaccel bench --resume ${recorded.name} completes it.`;
    act({
      type: "run-ended",
      outcome: finished ? "finished" : "stopped",
      message: { text, tone: finished ? "plain" : "warning" },
    });
  } catch (error) {
    batch.flush();
    act({ type: "run-ended", outcome: "failed", message: { text: messageOf(error), tone: "failure" } });
  }
}

/** Collects events and hands them over together, at most every `batchMilliseconds`. */
function batches(act: Act): { add(event: RunEvent): void; flush(): void } {
  let pending: RunEvent[] = [];
  let timer: NodeJS.Timeout | undefined;
  const flush = (): void => {
    clearTimeout(timer);
    timer = undefined;
    if (pending.length === 0) return;
    const events = pending;
    pending = [];
    act({ type: "run-events", events });
  };
  return {
    flush,
    add(event) {
      // Samples are for the ledger; nothing of them is drawn.
      if (event.type === "sample" || event.type === "training") return;
      pending.push(event);
      timer ??= setTimeout(flush, batchMilliseconds);
    },
  };
}

/** Writes the report of a stored run; the charts' library is loaded here, by the first report. */
async function exportReport(
  { db, experiments }: EffectsOptions,
  { run: id, directory }: Extract<Effect, { type: "export" }>,
  act: Act,
): Promise<void> {
  try {
    const { writeReport } = await import("../../reports/write-report.ts");
    const { FolderTaken } = await import("../../reports/folder.ts");
    const { storedRunCalled } = await import("../stored-run.ts");
    const stored = storedRunCalled(db, id);
    const { folder, files } = await writeReport({ db, stored, experiments, directory }).catch((error) => {
      if (!(error instanceof FolderTaken)) throw error;
      // Its remedy names options, which a dialog does not have.
      throw new Error(`${error.message}. Name another directory.`, { cause: error });
    });
    const text = `The report of ${id} is in ${folder} (${files.length} files).`;
    act({ type: "exported", written: true, message: { text, tone: "plain" } });
  } catch (error) {
    act({ type: "exported", written: false, message: { text: messageOf(error), tone: "failure" } });
  }
}

function messageOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const remedy = (error as { remedy?: unknown } | null)?.remedy;
  return typeof remedy === "string" ? `${message.replace(/[.]$/, "")}. ${remedy}` : message;
}

function delay(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds).unref());
}
