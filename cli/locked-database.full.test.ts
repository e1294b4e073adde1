import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { runProgramWith } from "./program.fixture.ts";

it("a command waits for a locked database, then says who holds it and ends with 1", async () => {
  const home = mkdtempSync(join(tmpdir(), "kdaccel-locked-"));
  const holder = spawn(
    process.execPath,
    [
      "--input-type=module",
      "-e",
      `import Database from ${JSON.stringify(import.meta.resolve("better-sqlite3"))};
       const db = new Database(process.argv[1]);
       db.exec("PRAGMA locking_mode = EXCLUSIVE; CREATE TABLE t (x)");
       process.stdout.write("ready");
       setInterval(() => {}, 1000);`,
      join(home, "kdaccel.db"),
    ],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  try {
    await once(holder.stdout, "data");
    const { code, stdout, stderr } = await runProgramWith(["articles"], { home });
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toContain("stayed locked by");
    if (process.platform === "linux") expect(stderr).toContain(`process ${holder.pid} (`);
  } finally {
    holder.kill();
    await once(holder, "close");
    rmSync(home, { recursive: true, force: true });
  }
});
