import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Measurement, Settings } from "../kernels/experiment.ts";
import type { Environment, RunEvent } from "../kernels/run-events.ts";
import { type Connection, openDatabase } from "./database/open.ts";
import { deleteRun, findRun, latestVerdict, latestVerdicts, listRuns, loadRun } from "./ledger.ts";
import { identityOf, isAlive } from "./process-identity.ts";
import { beginRun, type Recorder, reopenRun } from "./recorder.ts";

const settings: Settings = { profile: "quick", seed: 7, targets: ["js", "wasm"] };
const environment: Environment = {
  cpu: "Some CPU",
  isa: ["avx2"],
  caches: [{ level: "L1d", bytes: 32768, ways: 8, lineBytes: 64 }],
  cores: 2,
  memoryBytes: 1 << 30,
  arch: "x64",
  os: "Linux 6",
  node: "26.10.0",
  v8: "14.0",
  kdaccel: "0.1.0",
  virtualised: null,
  load: 0.5,
};
const fast = { variant: "fast", target: "wasm" } as const;
const slow = { variant: "slow", target: "wasm" } as const;
const place = (workload: string) => ({ experiment: "race", workload });

const started: RunEvent = {
  type: "started",
  experiments: [
    {
      experiment: "race",
      cells: [
        { workload: "64", variants: [fast, slow], seconds: 1 },
        { workload: "128", variants: [fast, slow], seconds: 1 },
      ],
    },
  ],
};

function speedUp(workload: string, value: number): Measurement {
  const made = {
    ...place(workload),
    ...fast,
    threads: 1,
    metric: "speed-up",
    unit: "x",
    kind: "timed",
  } as const;
  return { ...made, value, low: value - 0.1, high: value + 0.1, n: 15, against: slow, correct: true };
}

const sample = (workload: string, round: number): RunEvent => ({
  type: "sample",
  ...place(workload),
  ...fast,
  metric: "time",
  round,
  value: 1 / (round + 1),
});
const finishedCell = (workload: string): RunEvent => ({ type: "finished", ...place(workload), seconds: 1.5 });
const verdict = (claim: string, word: "confirmed" | "refuted"): RunEvent => ({
  type: "verdict",
  experiment: "race",
  claim,
  verdict: word,
  rule: "the interval lies above 1",
  evidence: "2 x",
});

let folder: string;
let db: Connection;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "kdaccel-ledger-"));
  db = openDatabase({ path: join(folder, "kdaccel.db") });
});
afterEach(() => {
  db.close();
  rmSync(folder, { recursive: true, force: true });
});

function begin(): Recorder {
  const recorder = beginRun(db, { command: ["bench", "--topic", "tiling"], settings, environment });
  recorder.record(started);
  return recorder;
}

function reopened(id: number): Recorder {
  const recorder = reopenRun(db, id);
  if (typeof recorder === "string") throw new Error(`the run is ${recorder}`);
  return recorder;
}

it("keeps which libraries of others took part with the machine, so that a resumed run asks for the same", () => {
  const peers = [{ peer: "other-blas", version: "1.2", detail: "for tests" }];
  const asked = { ...settings, peers: ["other-blas"] };
  const { id } = beginRun(db, { command: [], settings: asked, environment: { ...environment, peers } });
  expect(loadRun(db, id)).toMatchObject({ settings: asked, environment: { peers } });
});

describe("a finished run", () => {
  it("gives back everything that was recorded, in order", () => {
    const recorder = begin();
    for (let round = 0; round < 600; round++) recorder.record(sample("64", round));
    recorder.record({ type: "measurement", ...speedUp("64", 2) });
    recorder.record(finishedCell("64"));
    recorder.record({ type: "failed", ...place("128"), reason: "error", message: "out of memory" });
    recorder.record(verdict("tiling-pays", "confirmed"));
    recorder.record({ type: "finished", seconds: 3 });
    const stored = loadRun(db, recorder.id);
    expect(stored?.run).toMatchObject({
      id: recorder.name,
      status: "finished",
      command: ["bench", "--topic", "tiling"],
      experiments: ["race"],
      cells: { finished: 1, planned: 2 },
      verdicts: { confirmed: 1, refuted: 0, inconclusive: 0 },
      failures: 1,
    });
    expect(stored?.environment).toEqual(environment);
    expect(stored?.settings).toEqual(settings);
    expect(stored?.samples.map((each) => each.round)).toEqual(Array.from({ length: 600 }, (_, i) => i));
    expect(stored?.measurements).toEqual([speedUp("64", 2)]);
    expect(stored?.cells).toEqual([
      { ...place("64"), variants: [fast, slow], finished: true, seconds: 1.5 },
      { ...place("128"), variants: [fast, slow], finished: false, seconds: null },
    ]);
    expect(stored?.failures).toEqual([
      { ...place("128"), variant: null, target: null, reason: "error", message: "out of memory" },
    ]);
    expect(stored?.verdicts[0]).toMatchObject({ claim: "tiling-pays", verdict: "confirmed" });
  });

  it("is deleted with all its rows, and its id is not given again", () => {
    const recorder = begin();
    recorder.record(sample("64", 0));
    recorder.record({ type: "measurement", ...speedUp("64", 2) });
    recorder.record(verdict("tiling-pays", "confirmed"));
    expect(deleteRun(db, recorder.id)).toBe(true);
    for (const table of ["run", "cell", "sample", "training", "measurement", "verdict", "failure"]) {
      expect(db.prepare(`SELECT count(*) FROM ${table}`).pluck().get()).toBe(0);
    }
    expect(deleteRun(db, recorder.id)).toBe(false);
    expect(begin().id).toBe(recorder.id + 1);
  });
});

describe("a run's name", () => {
  it("is understood with and without r, and as last", () => {
    const first = begin();
    const second = begin();
    expect(findRun(db, first.name)).toBe(first.id);
    expect(findRun(db, String(first.id))).toBe(first.id);
    expect(findRun(db, "last")).toBe(second.id);
    expect(findRun(db, "r99")).toBeUndefined();
    expect(findRun(db, "1; DROP TABLE run")).toBeUndefined();
  });

  it("has no last before the first run", () => {
    expect(findRun(db, "last")).toBeUndefined();
  });
});

describe("the status of a run", () => {
  it("is running while its process lives, interrupted when it said so, killed when it died", async () => {
    const recorder = begin();
    expect(listRuns(db)[0]?.status).toBe("running");
    recorder.interrupted();
    expect(listRuns(db)[0]?.status).toBe("interrupted");
    const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"]);
    const { pid, started } = identityOf(child.pid ?? 0);
    db.prepare("UPDATE run SET outcome = NULL, pid = ?, process_started = ?").run(pid, started);
    expect(listRuns(db)[0]?.status).toBe("running");
    child.kill("SIGKILL");
    await once(child, "exit");
    expect(listRuns(db)[0]?.status).toBe("killed");
  });

  it.runIf(process.platform === "linux")("does not take a later process with the same id for its own", () => {
    expect(isAlive({ pid: process.pid, started: identityOf().started })).toBe(true);
    expect(isAlive({ pid: process.pid, started: "1@another-boot" })).toBe(false);
  });
});

describe("a run that is taken up again", () => {
  it("keeps finished cells and drops what unfinished ones had recorded", () => {
    const recorder = begin();
    recorder.record({ type: "measurement", ...speedUp("64", 2) });
    recorder.record(finishedCell("64"));
    recorder.record(sample("128", 0));
    recorder.record({ type: "measurement", ...speedUp("128", 9) });
    recorder.record({ type: "failed", ...place("128"), ...slow, reason: "error", message: "broken" });
    recorder.interrupted();
    const again = reopened(recorder.id);
    again.record(started);
    again.record({ type: "measurement", ...speedUp("128", 3) });
    again.record(finishedCell("128"));
    again.record({ type: "finished", seconds: 1 });
    const stored = loadRun(db, recorder.id);
    expect(stored?.measurements).toEqual([speedUp("64", 2), speedUp("128", 3)]);
    expect(stored?.samples).toEqual([]);
    expect(stored?.failures).toEqual([]);
    expect(stored?.run).toMatchObject({ status: "finished", cells: { finished: 2, planned: 2 } });
  });

  it("keeps every training, and why one was given up", () => {
    const recorder = begin();
    const came = { seconds: 1.5, figures: { "test-error": 0.1 }, curves: { "test-error": [0.3, 0.1] } };
    recorder.record({ type: "training", ...place("128"), ...fast, seed: 1, ...came });
    const broken = { ...slow, seed: 1, seconds: 0.5, figures: {}, curves: {}, failure: "the loss is NaN" };
    recorder.record({
      type: "failed",
      ...place("128"),
      ...slow,
      reason: "error",
      message: "the loss is NaN",
    });
    recorder.record({ type: "training", ...place("128"), ...broken });
    recorder.record({ type: "failed", ...place("128"), ...fast, reason: "error", message: "something else" });
    recorder.interrupted();
    reopened(recorder.id);
    const stored = loadRun(db, recorder.id);
    expect(stored?.trainings).toEqual([
      { ...place("128"), ...fast, seed: 1, ...came },
      { ...place("128"), ...broken },
    ]);
    expect(stored?.failures.map(({ message }) => message)).toEqual(["the loss is NaN"]);
  });

  it("is refused while a living process writes to it", () => {
    expect(reopenRun(db, begin().id)).toBe("running");
  });
});

it("drops what a cell had measured when the cell is run again without a variant", () => {
  const recorder = begin();
  recorder.record(sample("64", 0));
  recorder.record({ type: "measurement", ...speedUp("64", 9) });
  const crashed = { ...place("64"), ...slow, reason: "crashed", message: "SIGSEGV", retried: true } as const;
  recorder.record({ type: "failed", ...crashed });
  recorder.record({ type: "measurement", ...speedUp("64", 2) });
  recorder.record(finishedCell("64"));
  const stored = loadRun(db, recorder.id);
  expect(stored?.measurements).toEqual([speedUp("64", 2)]);
  expect(stored?.samples).toEqual([]);
  expect(stored?.failures).toHaveLength(1);
});

it("stores nothing of a measurement that is not a number", () => {
  const recorder = begin();
  expect(() => recorder.record({ type: "measurement", ...speedUp("64", Number.NaN) })).toThrow(/NOT NULL/);
  expect(loadRun(db, recorder.id)?.measurements).toEqual([]);
});

it("knows the newest verdict on each claim", () => {
  const first = begin();
  first.record(verdict("tiling-pays", "confirmed"));
  first.record(verdict("packing-pays", "confirmed"));
  const second = begin();
  second.record(verdict("tiling-pays", "refuted"));
  expect(latestVerdicts(db).get("tiling-pays")).toMatchObject({ verdict: "refuted", run: second.name });
  expect(latestVerdicts(db).get("packing-pays")).toMatchObject({ verdict: "confirmed", run: first.name });
  expect(latestVerdict(db, "tiling-pays")).toMatchObject({ verdict: "refuted", run: second.name });
  expect(latestVerdict(db, "never-tested")).toBeUndefined();
});
