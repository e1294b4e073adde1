/**
 * The terminal UI: opens the catalog, draws the first frame, and gives the terminal back as it was. Loaded only when
 * `kdaccel` is called without a command, because Ink and React are most of the program.
 */
import { render } from "ink";
import { openCatalog } from "../../catalog/open-catalog.ts";
import { exitCodes } from "../exit.ts";
import type { Laboratory } from "../laboratory.ts";
import { App } from "./App.tsx";
import { catalogSource } from "./catalog-source.ts";
import { effectsFor } from "./effects.ts";
import { withLibrary } from "./model/library.ts";
import { emptyState } from "./model/state.ts";
import { createStore } from "./store.ts";

export interface TuiOptions {
  readonly laboratory: Laboratory;
}

// At 30 a second the eye sees no delay after a key; while something is measured, effects.ts redraws at most ten times.
const mostFrames = 30;

/** Runs the terminal UI until it is left; returns the program's exit code. */
export async function runTui({ laboratory }: TuiOptions): Promise<number> {
  const [db, experiments] = await Promise.all([openCatalog(), laboratory.experiments()]);
  try {
    const source = catalogSource(db, experiments);
    const { columns, rows } = process.stdout;
    const initial = withLibrary(emptyState({ columns, rows }), source);
    let leave = (_interrupted: boolean): void => {};
    const effects = effectsFor({ db, laboratory, experiments, leave: (interrupted) => leave(interrupted) });
    const store = createStore(initial, source, effects.perform);
    const screenReader = process.env.INK_SCREEN_READER === "true";
    // Ink does so after its first frame: keys pressed until then would be echoed into it, and Enter would scroll it.
    process.stdin.setRawMode(true);
    const app = render(<App store={store} source={source} />, {
      exitOnCtrlC: false,
      alternateScreen: !screenReader,
      incrementalRendering: true,
      interactive: true,
      maxFps: mostFrames,
    });
    let cutShort = false;
    leave = (interrupted) => {
      // A run may have come to its end while it was being stopped.
      cutShort = interrupted && store.get().live?.status !== "finished";
      app.unmount();
    };
    const interrupt = (): void => store.act({ type: "press", press: { key: "ctrl-c", text: "" } });
    for (const signal of signals) process.on(signal, interrupt);
    await app.waitUntilExit();
    for (const signal of signals) process.off(signal, interrupt);
    await effects.idle();
    const { live } = store.get();
    if (cutShort && live?.id) {
      process.stderr.write(`Interrupted. What was finished is kept: kdaccel bench --resume ${live.id}\n`);
    }
    return cutShort ? exitCodes.interrupted : exitCodes.done;
  } finally {
    process.stdin.setRawMode(false);
    db.close();
  }
}

const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
