import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { runProgramWith } from "./program.fixture.ts";

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "kdaccel-faults-"));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const run = (...args: string[]) => runProgramWith(args, { home });

// In the full tests, because the program's patience with the lock is five seconds.
it("a database that another process keeps locked is waited for, then the process is named", async () => {
  expect((await run("runs")).code).toBe(0);
  const holder = spawn(
    process.execPath,
    [
      "--input-type=module",
      "-e",
      `import Database from ${JSON.stringify(import.meta.resolve("better-sqlite3"))};
       const db = new Database(process.argv[1]);
       db.exec("BEGIN IMMEDIATE");
       process.stdout.write("locked");
       setInterval(() => {}, 1000);`,
      join(home, "kdaccel.db"),
    ],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  try {
    await once(holder.stdout, "data");
    const { code, stderr } = await run("bench", "--experiment", "fine");
    expect(code).toBe(1);
    expect(stderr).toContain("stayed locked by");
    if (process.platform === "linux") expect(stderr).toContain(`process ${holder.pid}`);
    // Reading does not need the lock.
    expect((await run("runs")).code).toBe(0);
  } finally {
    holder.kill("SIGKILL");
  }
});
