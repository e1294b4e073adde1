import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { databaseHealth } from "./health.ts";
import { openDatabase } from "./open.ts";

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "kdaccel-health-"));
  path = join(folder, "kdaccel.db");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it("a database that is not there yet has no faults, and its place is told", () => {
  expect(databaseHealth(join(folder, "not", "yet", "kdaccel.db"))).toMatchObject({
    exists: false,
    bytes: 0,
    faults: [],
    writable: true,
    freeBytes: expect.any(Number),
  });
});

it("a sound database has the newest version and no faults", () => {
  openDatabase({ path }).close();
  const health = databaseHealth(path);
  expect(health).toMatchObject({ exists: true, faults: [], writable: true });
  expect(health.version).toBe(health.newestVersion);
  expect(health.bytes).toBeGreaterThan(0);
  expect(health.problem).toBeUndefined();
});

it("a row without its parent is a fault", () => {
  const db = openDatabase({ path });
  db.pragma("foreign_keys = OFF");
  db.exec("INSERT INTO cell (run, experiment, workload, position, variants) VALUES (9, 'x', 'y', 1, '[]')");
  db.close();
  expect(databaseHealth(path).faults).toEqual(["a row of cell lacks its run"]);
});

it("a file of another kind is a problem with its remedy", () => {
  writeFileSync(path, "a letter to my aunt, long enough to be no empty file".repeat(20));
  expect(databaseHealth(path).problem).toMatchObject({
    message: expect.stringContaining("a file of another kind"),
    remedy: expect.stringContaining("KDACCEL_HOME"),
  });
});

it("a folder in its place is a problem", () => {
  mkdirSync(path);
  expect(databaseHealth(path).problem).toBeDefined();
});
