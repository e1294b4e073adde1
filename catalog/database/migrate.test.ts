import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { Migration } from "./migrate.ts";
import { migrations } from "./migrations/index.ts";
import { openDatabase } from "./open.ts";

const first: Migration = { version: 1, name: "first", sql: "CREATE TABLE a (x INTEGER) STRICT" };
const second: Migration = { version: 2, name: "second", sql: "ALTER TABLE a ADD COLUMN y TEXT" };

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "kdaccel-migrate-"));
  path = join(folder, "kdaccel.db");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it("numbers the shipped migrations 1, 2, 3 … without a gap", () => {
  expect(migrations.map((migration) => migration.version)).toEqual(migrations.map((_, index) => index + 1));
});

it("applies only what is missing and keeps the rows", () => {
  const old = openDatabase({ path, migrations: [first] });
  old.exec("INSERT INTO a VALUES (7)");
  old.close();
  const db = openDatabase({ path, migrations: [first, second] });
  expect(db.prepare("SELECT * FROM a").all()).toEqual([{ x: 7, y: null }]);
  expect(db.pragma("user_version", { simple: true })).toBe(2);
  db.close();
});

it("backs up a database that holds anything before it changes it", () => {
  const old = openDatabase({ path, migrations: [first] });
  old.exec("INSERT INTO a VALUES (7)");
  old.close();
  openDatabase({ path, migrations: [first, second] }).close();
  const backup = new Database(`${path}.backup-v1`, { readonly: true });
  expect(backup.prepare("SELECT * FROM a").all()).toEqual([{ x: 7 }]);
  expect(backup.pragma("user_version", { simple: true })).toBe(1);
  backup.close();
});

it("makes no backup of an empty database, and none when there is nothing to do", () => {
  openDatabase({ path, migrations: [first] }).close();
  openDatabase({ path, migrations: [first] }).close();
  expect(readdirSync(folder)).toEqual(["kdaccel.db"]);
});

it("replaces an unfinished backup of a process that died", () => {
  openDatabase({ path, migrations: [first] }).close();
  writeFileSync(`${path}.backup-v1.part`, "half");
  openDatabase({ path, migrations: [first, second] }).close();
  expect(existsSync(`${path}.backup-v1.part`)).toBe(false);
  expect(existsSync(`${path}.backup-v1`)).toBe(true);
});

it("undoes everything when one of several pending migrations fails", () => {
  openDatabase({ path, migrations: [first] }).close();
  const broken: Migration = {
    version: 3,
    name: "broken",
    sql: "CREATE TABLE c (x INTEGER) STRICT; SELECT absent",
  };
  expect(() => openDatabase({ path, migrations: [first, second, broken] })).toThrow(/no such column/);
  const db = openDatabase({ path, migrations: [first] });
  expect(db.prepare("SELECT name FROM sqlite_schema").pluck().all()).toEqual(["a"]);
  expect(db.prepare("SELECT name FROM pragma_table_info('a')").pluck().all()).toEqual(["x"]);
  db.close();
});

it("undoes a migration that leaves rows referring to nothing", () => {
  const parents: Migration = {
    version: 1,
    name: "parents",
    sql: `CREATE TABLE p (id INTEGER PRIMARY KEY) STRICT;
          CREATE TABLE c (p INTEGER REFERENCES p (id)) STRICT;
          INSERT INTO p VALUES (1); INSERT INTO c VALUES (1);`,
  };
  const orphaning: Migration = { version: 2, name: "orphaning", sql: "DELETE FROM p" };
  openDatabase({ path, migrations: [parents] }).close();
  expect(() => openDatabase({ path, migrations: [parents, orphaning] })).toThrow(/orphaning left rows of c/);
  const db = openDatabase({ path, migrations: [parents] });
  expect(db.prepare("SELECT count(*) FROM p").pluck().get()).toBe(1);
  db.close();
});
