import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Migration } from "./migrate.ts";
import { migrations } from "./migrations/index.ts";
import { DatabaseProblem, openDatabase, withDatabase } from "./open.ts";

let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "kdaccel-open-"));
  path = join(folder, "kdaccel.db");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** The problem that opening ends in; fails the test where it opens after all. */
function problemOf(open: () => unknown): DatabaseProblem {
  try {
    open();
  } catch (error) {
    if (error instanceof DatabaseProblem) return error;
    throw error;
  }
  throw new Error("expected a DatabaseProblem, but the database opened");
}

/** Names and bytes of everything in the folder. */
function contents(): Record<string, string> {
  return Object.fromEntries(
    readdirSync(folder)
      .sort()
      .map((name) => [name, readFileSync(join(folder, name)).toString("base64")]),
  );
}

/** Starts a real second process that runs `script` (with `db` open) and says when it is ready. */
async function secondProcess(script: string) {
  const program = `
    import Database from ${JSON.stringify(import.meta.resolve("better-sqlite3"))};
    const db = new Database(process.argv[1]);
    ${script}
    process.stdout.write("ready\\n");
    setInterval(() => {}, 1000);
  `;
  const child = spawn(process.execPath, ["--input-type=module", "-e", program, path, "kdaccel-lock-holder"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(child.stdout, "data");
  return child;
}

describe("a new database", () => {
  it("is created with its folder, in WAL mode, with foreign keys enforced", () => {
    const nested = join(folder, "a", "b", "kdaccel.db");
    const db = openDatabase({ path: nested });
    expect(db.pragma("journal_mode", { simple: true })).toBe("wal");
    expect(() => db.exec("INSERT INTO article_topic VALUES (1, 'nowhere', 0)")).toThrow(/FOREIGN KEY/);
    db.close();
    expect(readdirSync(join(folder, "a", "b"))).toEqual(["kdaccel.db"]);
  });

  it("has strict tables throughout", () => {
    const db = openDatabase({ path });
    const lax = db.prepare(
      "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND strict = 0 AND name NOT LIKE 'sqlite_%'",
    );
    expect(lax.pluck().all()).toEqual([]);
    db.close();
  });

  it("is taken for new when an earlier process left an empty file", () => {
    writeFileSync(path, "");
    const db = openDatabase({ path });
    expect(db.pragma("user_version", { simple: true })).toBe(migrations.length);
    db.close();
  });

  it("can be opened by several processes at once", async () => {
    const opener = `import { openDatabase } from ${JSON.stringify(import.meta.resolve("./open.ts"))};
      const db = openDatabase({ path: process.argv[1] });
      process.stdout.write(String(db.pragma("user_version", { simple: true })));
      db.close();`;
    const children = Array.from({ length: 4 }, () =>
      spawn(process.execPath, ["--input-type=module", "-e", opener, path], {
        stdio: ["ignore", "pipe", "inherit"],
      }),
    );
    const results = await Promise.all(
      children.map(async (child) => {
        const chunks: Buffer[] = [];
        child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
        const [code] = await once(child, "close");
        return [code, Buffer.concat(chunks).toString()];
      }),
    );
    expect(results).toEqual(Array(4).fill([0, String(migrations.length)]));
  });
});

describe("a locked database", () => {
  it("names the process that holds it once the waiting time is over", async () => {
    const child = await secondProcess(
      "db.pragma('locking_mode = EXCLUSIVE'); db.exec('CREATE TABLE t (x)');",
    );
    try {
      const problem = problemOf(() => openDatabase({ path, waitMilliseconds: 50 }));
      expect(problem.code).toBe("locked");
      if (process.platform === "linux") {
        expect(problem.message).toContain(`process ${child.pid} (`);
        expect(problem.message).toContain("node");
        expect(problem.remedy).toContain(`kill ${child.pid}`);
      }
    } finally {
      child.kill();
      await once(child, "close");
    }
  });

  it("names the writer among several processes that have it open", async () => {
    openDatabase({ path }).close();
    const reader = await secondProcess("db.prepare('SELECT * FROM topic').all();");
    const writer = await secondProcess("db.exec('BEGIN IMMEDIATE');");
    const db = openDatabase({ path, waitMilliseconds: 50 });
    try {
      const write = withDatabase((open) => open.exec("INSERT INTO catalog_load VALUES (1, 'x')"), {
        path,
        waitMilliseconds: 50,
      });
      const problem = (await write.catch((error: unknown) => error)) as DatabaseProblem;
      expect(problem).toMatchObject({ name: "DatabaseProblem", code: "locked" });
      if (process.platform === "linux") {
        expect(problem.message).toContain(`process ${writer.pid} (`);
        expect(problem.message).not.toContain(String(reader.pid));
      }
    } finally {
      db.close();
      for (const child of [reader, writer]) {
        child.kill();
        await once(child, "close");
      }
    }
  });

  it("is opened as soon as the other process lets go", async () => {
    const child = await secondProcess(
      "db.pragma('locking_mode = EXCLUSIVE'); db.exec('CREATE TABLE t (x)'); setTimeout(() => db.close(), 200);",
    );
    const db = openDatabase({ path, waitMilliseconds: 20_000 });
    expect(db.prepare("SELECT count(*) FROM article").pluck().get()).toBe(0);
    db.close();
    child.kill();
    await once(child, "close");
  });
});

describe("a file that must not be touched", () => {
  it("is refused when it is not a database", () => {
    writeFileSync(path, "# my notes\n".repeat(500));
    const before = contents();
    const problem = problemOf(() => openDatabase({ path }));
    expect(problem).toMatchObject({ code: "not-a-database", path });
    expect(problem.message).toContain(path);
    expect(contents()).toEqual(before);
  });

  it("is refused when it is shorter than a header", () => {
    writeFileSync(path, "SQLite format 3\0short");
    const before = contents();
    expect(problemOf(() => openDatabase({ path })).code).toBe("corrupt");
    expect(contents()).toEqual(before);
  });

  it.each([
    ["in the middle", (size: number) => Math.floor(size / 2)],
    ["after the first page", () => 4096],
    ["by one byte", (size: number) => size - 1],
    ["inside the first page", () => 1000],
  ])("is refused when it was truncated %s", (_where, length) => {
    openDatabase({ path }).close();
    truncateSync(path, length(readFileSync(path).length));
    const before = contents();
    const problem = problemOf(() => openDatabase({ path }));
    expect(problem.code).toBe("corrupt");
    expect(contents()).toEqual(before);
  });

  it("points to the newest backup when it is damaged", () => {
    openDatabase({ path }).close();
    copyFileSync(path, `${path}.backup-v9`);
    copyFileSync(path, `${path}.backup-v10`);
    truncateSync(path, 4096);
    expect(problemOf(() => openDatabase({ path })).remedy).toContain(`${path}.backup-v10`);
  });

  it("is refused when a later version wrote it", () => {
    const later = new Database(path);
    later.exec("CREATE TABLE future (x); PRAGMA user_version = 999");
    later.close();
    const before = contents();
    const problem = problemOf(() => openDatabase({ path }));
    expect(problem.code).toBe("newer");
    expect(problem.message).toContain("999");
    expect(contents()).toEqual(before);
  });

  it("is refused when a folder stands in its place", () => {
    mkdirSync(path);
    expect(problemOf(() => openDatabase({ path }))).toBeInstanceOf(DatabaseProblem);
    expect(readdirSync(path)).toEqual([]);
  });

  it("is refused when a file stands in the place of its folder", () => {
    writeFileSync(join(folder, "file"), "x");
    const problem = problemOf(() => openDatabase({ path: join(folder, "file", "kdaccel.db") }));
    expect(problem.code).toBe("failed");
  });
});

describe("an error that has nothing to do with the database", () => {
  it("comes back as it was, whatever its code", async () => {
    const other = Object.assign(new Error("EACCES: report"), {
      code: "EACCES",
      path: join(folder, "report"),
    });
    const thrown = withDatabase(
      () => {
        throw other;
      },
      { path },
    );
    expect(await thrown.catch((error: unknown) => error)).toBe(other);
  });
});

describe("without the right to write", () => {
  // Root may write everywhere, so these tests take on the rights of an ordinary user for the moment.
  function unprivileged<T>(act: () => T): T {
    if (process.geteuid?.() !== 0) return act();
    chmodSync(folder, 0o755);
    process.seteuid?.(65_534);
    try {
      return act();
    } finally {
      process.seteuid?.(0);
    }
  }

  it.skipIf(process.platform === "win32")("says so for a read-only file", () => {
    openDatabase({ path }).close();
    chmodSync(path, 0o444);
    const before = contents();
    const problem = unprivileged(() => problemOf(() => openDatabase({ path })));
    expect(problem.code).toBe("read-only");
    expect(problem.remedy).toContain("KDACCEL_HOME");
    expect(contents()).toEqual(before);
  });

  it.skipIf(process.platform === "win32")("says so for a read-only folder", () => {
    const closed = join(folder, "closed");
    mkdirSync(closed, { mode: 0o555 });
    const problem = unprivileged(() => problemOf(() => openDatabase({ path: join(closed, "kdaccel.db") })));
    expect(problem.code).toBe("read-only");
    const deeper = join(closed, "new", "kdaccel.db");
    expect(unprivileged(() => problemOf(() => openDatabase({ path: deeper }))).code).toBe("read-only");
    expect(readdirSync(closed)).toEqual([]);
  });
});

describe("a full disk", () => {
  it("is told from other faults, and what was stored stays", async () => {
    const filling = withDatabase(
      (db) => {
        db.pragma(`max_page_count = ${(db.pragma("page_count", { simple: true }) as number) + 2}`);
        db.exec("INSERT INTO catalog_load VALUES (1, 'kept')");
        db.exec(`INSERT INTO term VALUES ('x', 0, '', '', hex(zeroblob(1000000)), 'none')`);
      },
      { path },
    );
    expect(await filling.catch((error: unknown) => error)).toMatchObject({ code: "disk-full" });
    const db = openDatabase({ path });
    expect(db.prepare("SELECT digest FROM catalog_load").pluck().get()).toBe("kept");
    db.close();
  });
});

describe("a file system without room", () => {
  let disk: string;
  let mounted = false;
  beforeAll(() => {
    disk = mkdtempSync(join(tmpdir(), "kdaccel-disk-"));
    // Only root may mount; elsewhere the test above, which limits the pages, stands for this one.
    mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=256k", "tmpfs", disk]).status === 0;
  });
  afterAll(() => {
    if (mounted) spawnSync("umount", [disk]);
    rmSync(disk, { recursive: true, force: true });
  });

  it("is told from other faults", async ({ skip }) => {
    if (!mounted) skip();
    const filling = withDatabase(
      (db) => db.exec("INSERT INTO catalog_load VALUES (1, hex(zeroblob(1000000)))"),
      { path: join(disk, "kdaccel.db") },
    );
    const problem = (await filling.catch((error: unknown) => error)) as DatabaseProblem;
    expect(problem).toMatchObject({ name: "DatabaseProblem", code: "disk-full" });
    expect(problem.remedy).toContain(disk);
  });

  it("is told from other faults when not even the first page fits", async ({ skip }) => {
    if (!mounted) skip();
    try {
      writeFileSync(join(disk, "ballast"), Buffer.alloc(300_000));
    } catch {
      // The disk is full now, which is what was wanted.
    }
    expect(problemOf(() => openDatabase({ path: join(disk, "new.db") })).code).toBe("disk-full");
  });
});

describe("opening for reading", () => {
  it("neither creates nor writes", () => {
    expect(problemOf(() => openDatabase({ path, readonly: true })).code).toBe("missing");
    expect(existsSync(path)).toBe(false);
    openDatabase({ path }).close();
    const db = openDatabase({ path, readonly: true });
    expect(() => db.exec("DELETE FROM topic")).toThrow(/readonly/);
    db.close();
  });

  it("refuses a schema that still has to be migrated", () => {
    const first: Migration = { version: 1, name: "first", sql: "CREATE TABLE a (x INTEGER) STRICT" };
    const second: Migration = { version: 2, name: "second", sql: "CREATE TABLE b (x INTEGER) STRICT" };
    openDatabase({ path, migrations: [first] }).close();
    const open = () => openDatabase({ path, readonly: true, migrations: [first, second] });
    expect(problemOf(open).code).toBe("older");
  });
});
