import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { runProgramWith } from "./program.fixture.ts";

const root = join(import.meta.dirname, "..");
const entry = join(import.meta.dirname, "main.fixture.ts");

let home: string;
let path: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "kdaccel-faults-"));
  path = join(home, "kdaccel.db");
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const run = (...args: string[]) => runProgramWith(args, { home });

describe("a database that cannot be used: exit code 1, said in three lines at most, and left as it was", () => {
  async function expectRefusal(what: RegExp): Promise<void> {
    const before = readFileSync(path);
    const { code, stdout, stderr } = await run("runs");
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(what);
    expect(stderr).toContain("KDACCEL_HOME");
    expect(stderr.trim().split("\n").length).toBeLessThanOrEqual(3);
    expect(readFileSync(path).equals(before)).toBe(true);
  }

  it("no database at all", async () => {
    writeFileSync(path, "my shopping list\n".repeat(300));
    await expectRefusal(/expected an SQLite database at .*found a file of another kind/);
  });

  it("truncated", async () => {
    expect((await run("runs")).code).toBe(0);
    truncateSync(path, Math.floor(statSync(path).size / 2) + 100);
    await expectRefusal(/is damaged/);
  });

  it("of a newer program", async () => {
    const db = new Database(path);
    db.pragma("user_version = 999");
    db.close();
    await expectRefusal(/has schema version 999; this kdaccel knows/);
  });
});

describe.runIf(process.platform === "linux")("limits of the system", () => {
  const shell = (script: string, ...args: string[]) =>
    spawnSync("sh", ["-c", script, "sh", process.execPath, entry, ...args], {
      cwd: root,
      encoding: "utf8",
      env: { ...process.env, KDACCEL_HOME: home, NO_COLOR: "1" },
    });

  it("a reader that closes the pipe early ends the program quietly", () => {
    const { stdout, stderr } = shell('("$@" bench --all --list; echo "code $?" >&2) | head -1');
    expect(stdout.trim().split("\n")).toHaveLength(1);
    expect(stderr).toBe("code 0\n");
  });

  it.each([
    ["closed", "2>&-"],
    ["full", "2>/dev/full"],
    ["left by its reader", "2>&1 >&3 | true"],
  ])("an error output that is %s does not keep a bench from its result", (_what, redirection) => {
    const { stdout } = shell(`exec 3>&1; "$@" bench --experiment fine ${redirection}`);
    expect(stdout).toContain("confirmed");
  });

  it("an output that takes no more is told without a stack, and the run is kept", async () => {
    const { status, stderr } = shell('exec "$@" bench --experiment fine >/dev/full');
    expect(status).toBe(1);
    expect(stderr).toContain("no space is left where it goes");
    expect(stderr).not.toContain("    at ");
    expect((await run("runs")).stdout).toMatch(/r1 .*finished/);
  });

  it("a folder that the system does not take is said at once", () => {
    const { status, stderr } = shell('KDACCEL_HOME=/proc/nowhere exec "$@" runs');
    expect(status).toBe(1);
    expect(stderr).toContain("/proc/nowhere");
    expect(stderr).toContain("KDACCEL_HOME");
  });

  it("a file that may not grow is told as a full disk, and what was stored before is intact", async () => {
    expect((await run("bench", "--experiment", "fine")).code).toBe(0);
    // 64 KiB hold the beginning of the write-ahead log only. Without the trap the signal would end the process.
    const full = shell('trap "" XFSZ; ulimit -f 128; exec "$@" bench --experiment fine');
    expect(full.status).toBe(1);
    expect(full.stderr).toMatch(/no space is left|could not be used/);
    expect(full.stderr).toContain("kdaccel bench --resume r2");
    expect(existsSync(path)).toBe(true);
    const { stdout } = await run("runs");
    expect(stdout).toMatch(/r1 .*finished/);
  });
});
