/**
 * A database that another process keeps locked, as the user meets it. In the full tests, because the program's
 * patience with a lock is five seconds.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { runProgramWith } from "./program.fixture.ts";

let home: string;
let holder: ChildProcess | undefined;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "kdaccel-locked-"));
});
afterEach(async () => {
  if (holder) {
    const closed = once(holder, "close");
    holder.kill("SIGKILL");
    await closed;
  }
  holder = undefined;
  rmSync(home, { recursive: true, force: true });
});

const run = (...args: string[]) => runProgramWith(args, { home });

/** Starts a process that opens the database, runs the statements and then holds what it has until it is killed. */
async function holdLock(statements: string): Promise<void> {
  const source = `
    import Database from ${JSON.stringify(import.meta.resolve("better-sqlite3"))};
    const db = new Database(process.argv[1]);
    db.exec(${JSON.stringify(statements)});
    process.stdout.write("locked");
    setInterval(() => {}, 1000);`;
  const args = ["--input-type=module", "-e", source, join(home, "kdaccel.db")];
  const started = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  holder = started;
  await once(started.stdout, "data");
}

function expectHolderNamed(stderr: string): void {
  expect(stderr).toContain("stayed locked by");
  if (process.platform === "linux") expect(stderr).toContain(`process ${holder?.pid}`);
}

it("a command waits for a lock on the whole file, then says who holds it and ends with 1", async () => {
  await holdLock("PRAGMA locking_mode = EXCLUSIVE; CREATE TABLE t (x)");
  const { code, stdout, stderr } = await run("articles");
  expect([code, stdout]).toEqual([1, ""]);
  expectHolderNamed(stderr);
});

it("a run that cannot be stored is refused, while reading goes on", async () => {
  expect((await run("runs")).code).toBe(0);
  await holdLock("BEGIN IMMEDIATE");
  const { code, stderr } = await run("bench", "--experiment", "fine");
  expect(code).toBe(1);
  expectHolderNamed(stderr);
  expect((await run("runs")).code).toBe(0);
});
