/**
 * What storing an event costs: microseconds for each kind, in a real file with the settings of every connection.
 * The ledger is written while a kernel is being timed on another core, so it must stay below 50 microseconds an event.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Environment, RunEvent } from "../kernels/run-events.ts";
import { openDatabase } from "./database/open.ts";
import { beginRun } from "./recorder.ts";

const place = { experiment: "race", workload: "64" };
const ref = { variant: "fast", target: "wasm" } as const;
const environment: Environment = {
  ...{ cpu: "any", isa: [], caches: [], cores: 1, memoryBytes: 0, arch: "any", os: "any" },
  ...{ node: process.versions.node, v8: process.versions.v8, kdaccel: "any", virtualised: null, load: 0 },
};

/** One event of each kind that a run emits many of. */
const kinds: Readonly<Record<string, (round: number) => RunEvent>> = {
  sample: (round) => ({ type: "sample", ...place, ...ref, metric: "time", round, value: 0.001 }),
  measurement: (n) => ({
    type: "measurement",
    ...{ ...place, ...ref, threads: 1, metric: "time", unit: "s", kind: "timed" },
    ...{ value: 0.001, low: 0.001, high: 0.001, n, correct: true },
  }),
  progress: (done) => ({ type: "progress", ...place, doing: "sampling", done }),
};
const events = 20_000;

const folder = mkdtempSync(join(tmpdir(), "kdaccel-recorder-"));
const db = openDatabase({ path: join(folder, "kdaccel.db") });
try {
  const settings = { profile: "quick", seed: 1, targets: ["wasm"] } as const;
  const recorder = beginRun(db, { command: [], settings, environment });
  const cells = [{ workload: "64", variants: [ref], seconds: 1 }];
  recorder.record({ type: "started", experiments: [{ experiment: "race", cells }] });
  for (const [kind, event] of Object.entries(kinds)) {
    const began = performance.now();
    for (let i = 0; i < events; i++) recorder.record(event(i));
    const microseconds = ((performance.now() - began) * 1000) / events;
    process.stdout.write(`${kind.padEnd(12)} ${microseconds.toFixed(1)} µs an event (mean of ${events})\n`);
  }
  recorder.record({ type: "finished", seconds: 1 });
} finally {
  db.close();
  rmSync(folder, { recursive: true, force: true });
}
