import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { TunedTrial } from "../kernels/experiment.ts";
import type { Environment } from "../kernels/run-events.ts";
import { migrations } from "./database/migrations/index.ts";
import { type Connection, openDatabase } from "./database/open.ts";
import {
  addTrials,
  beginTuning,
  bestPlans,
  findTuning,
  finishTuning,
  forgetPlans,
  interruptTuning,
  loadTuning,
  reopenTuning,
  type TuningOrder,
} from "./tunings.ts";

const environment: Environment = {
  ...{ cpu: "Test CPU", isa: ["b", "a"], caches: [], cores: 2, memoryBytes: 1, arch: "x64", os: "test" },
  ...{ node: "26", v8: "14", kdaccel: "0", virtualised: null, load: 0 },
};
const order: TuningOrder = {
  ...{
    target: "wasm",
    element: "f32",
    m: 640,
    n: 640,
    k: 640,
    threads: 1,
    strategy: "evolution",
    profile: "quick",
  },
  ...{ seed: 1, budget: 16, defaultPlan: "packed-blocked", command: ["tune"], environment },
};
const around = (value: number) => ({ value, low: value * 0.9, high: value * 1.1 });
const trials: readonly TunedTrial[] = [
  {
    ...{ stage: "trials", batch: 0, id: "tuned-a", predicted: 1.1 },
    outcome: { state: "measured", seconds: around(0.01), speedUp: around(1.2), rounds: 9 },
  },
  {
    ...{ stage: "trials", batch: 0, id: "tuned-b", predicted: 0.9 },
    outcome: { state: "crashed", message: "ended by SIGSEGV" },
  },
];
const adopted = (plan: string, speedUp = 1.2) => ({
  ...{ adopted: plan, finalist: plan, rounds: 15, reason: "faster" },
  speedUp: { value: speedUp, low: 1.1, high: 1.3 },
});

let folder: string;
let path: string;
let db: Connection;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "kdaccel-tunings-"));
  path = join(folder, "kdaccel.db");
  db = openDatabase({ path });
});
afterEach(() => {
  db.close();
  rmSync(folder, { recursive: true, force: true });
});

/** A search that has ended with this plan. */
function found(plan: string, shapeClass: string, other: Partial<TuningOrder> = {}): number {
  const id = beginTuning(db, { ...order, ...other });
  finishTuning(db, id, adopted(plan), { shapeClass, spent: 12 });
  return id;
}

it("upgrades a database of version 2 and keeps its runs", () => {
  const old = join(folder, "old.db");
  const before = openDatabase({ path: old, migrations: migrations.slice(0, 2) });
  before.exec(
    `INSERT INTO run (started_at, pid, process_started, command, profile, seed, targets, environment)
     VALUES ('2026-01-01', 1, '', '[]', 'quick', 7, '[]', '{}')`,
  );
  before.close();
  const after = openDatabase({ path: old });
  expect(after.pragma("user_version", { simple: true })).toBe(migrations.length);
  expect(after.prepare("SELECT seed FROM run").pluck().all()).toEqual([7]);
  expect(beginTuning(after, order)).toBe(1);
  after.close();
  expect(existsSync(`${old}.backup-v2`)).toBe(true);
});

it("gives a search back as it was stored", () => {
  const id = beginTuning(db, order);
  addTrials(db, id, trials, 3.5);
  expect(loadTuning(db, id)).toMatchObject({
    ...order,
    id: "t1",
    status: "running",
    spent: 3.5,
    decision: null,
  });
  expect(loadTuning(db, id)?.trials).toEqual(trials);
  expect([findTuning(db, "t1"), findTuning(db, "1"), findTuning(db, "last"), findTuning(db, "t9")]).toEqual([
    1,
    1,
    1,
    undefined,
  ]);
});

describe("an interrupted search", () => {
  it("is taken up with its trials, without its half-made last comparisons", () => {
    const id = beginTuning(db, order);
    addTrials(db, id, trials, 3);
    addTrials(db, id, [{ ...(trials[0] as TunedTrial), stage: "semifinal", batch: 1 }], 5);
    interruptTuning(db, id, 6);
    expect(loadTuning(db, id)).toMatchObject({ status: "interrupted", spent: 6 });
    expect(reopenTuning(db, id)).toBe(true);
    expect(loadTuning(db, id)?.trials).toEqual(trials);
  });

  it("is not taken up while its process lives, nor after its decision", () => {
    const id = beginTuning(db, order);
    expect(reopenTuning(db, id)).toBe(false);
    finishTuning(db, id, { adopted: null, reason: "nothing" }, { shapeClass: "c", spent: 1 });
    expect(reopenTuning(db, id)).toBe(false);
  });

  it("of a process that died counts as killed and is taken up", () => {
    const id = beginTuning(db, order);
    db.prepare("UPDATE tuning SET pid = 2147483646, process_started = 'x'").run();
    expect(loadTuning(db, id)?.status).toBe("killed");
    expect(reopenTuning(db, id)).toBe(true);
  });
});

it("stores a batch whole or not at all", () => {
  const id = beginTuning(db, order);
  const broken = { ...(trials[0] as TunedTrial), stage: "finals" as "final" };
  expect(() => addTrials(db, id, [...trials, broken], 3)).toThrow(/CHECK/);
  expect(loadTuning(db, id)).toMatchObject({ trials: [], spent: 0 });
});

describe("the best plans", () => {
  it("are those that were adopted last, each for its class and machine", () => {
    found("tuned-a", "square");
    found("tuned-b", "square");
    found("tuned-c", "skinny");
    const elsewhere = { ...environment, cpu: "Other CPU" };
    found("tuned-d", "square", { environment: elsewhere });
    const plans = (machine: Environment) =>
      bestPlans(db, machine).map(({ shapeClass, plan }) => [shapeClass, plan]);
    expect(plans({ ...environment, isa: ["a", "b"] })).toEqual([
      ["skinny", "tuned-c"],
      ["square", "tuned-b"],
    ]);
    expect(plans(elsewhere)).toEqual([["square", "tuned-d"]]);
    expect(plans({ ...environment, isa: ["a"] })).toEqual([]);
  });

  it("stay where a later search found nothing better", () => {
    found("tuned-a", "square");
    const id = beginTuning(db, order);
    finishTuning(db, id, { adopted: null, reason: "nothing" }, { shapeClass: "square", spent: 1 });
    expect(bestPlans(db, environment)).toMatchObject([{ plan: "tuned-a", tuning: "t1" }]);
  });

  it("cannot be stored without an interval above 1", () => {
    const id = beginTuning(db, order);
    const unsure = { ...adopted("tuned-a"), speedUp: { value: 1.1, low: 1, high: 1.2 } };
    expect(() => finishTuning(db, id, unsure, { shapeClass: "square", spent: 1 })).toThrow(/CHECK/);
    expect(loadTuning(db, id)?.decision).toBeNull();
  });

  it("are forgotten by class or all, and their searches kept", () => {
    const id = found("tuned-a", "square");
    found("tuned-c", "skinny");
    expect(forgetPlans(db, environment, { shapeClass: "skinny" })).toBe(1);
    expect(forgetPlans(db, environment)).toBe(1);
    expect(bestPlans(db, environment)).toEqual([]);
    expect(loadTuning(db, id)?.decision?.adopted).toBe("tuned-a");
  });
});
