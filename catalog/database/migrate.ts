/**
 * Brings a database to the newest schema: every pending migration in one transaction, after a backup of a file that
 * holds anything. The version is `PRAGMA user_version`, so a database says by itself what it is.
 */
import { renameSync, rmSync } from "node:fs";
import Database from "better-sqlite3";
import { newer } from "./problem.ts";

/** One step of the schema. Once released it is never edited; the next change is a new file with the next number. */
export interface Migration {
  /** 1, 2, 3 … without a gap; becomes the database's `user_version`. */
  readonly version: number;
  /** What it adds, for messages. */
  readonly name: string;
  /** Statements that run inside the migration's transaction. */
  readonly sql: string;
}

/** The schema version of an open database; 0 for an empty one. */
export function schemaVersion(db: Database.Database): number {
  return db.pragma("user_version", { simple: true }) as number;
}

/**
 * Applies the pending migrations. Other processes that open the database meanwhile wait for the write lock and then
 * find nothing left to do.
 *
 * @throws DatabaseProblem `newer` if the database is ahead of the last migration; it is not touched then.
 */
export function migrate(db: Database.Database, migrations: readonly Migration[]): void {
  const target = migrations.at(-1)?.version ?? 0;
  const before = schemaVersion(db);
  if (before > target) throw newer(db.name, before, target);
  if (before === target) return;
  // Rebuilding a table drops it for a moment, which would cascade; SQLite ignores this pragma inside a transaction.
  db.pragma("foreign_keys = OFF");
  try {
    db.transaction(() => applyPending(db, migrations)).immediate();
  } finally {
    db.pragma("foreign_keys = ON");
  }
}

function applyPending(db: Database.Database, migrations: readonly Migration[]): void {
  // Read again under the write lock: another process may have migrated while this one waited.
  const current = schemaVersion(db);
  const pending = migrations.filter((migration) => migration.version > current);
  if (pending.length === 0) return;
  if (current > 0) backUp(db.name, current);
  for (const migration of pending) {
    db.exec(migration.sql);
    db.pragma(`user_version = ${migration.version}`);
  }
  const dangling = db.pragma("foreign_key_check") as { table: string }[];
  if (dangling[0]) {
    const names = pending.map((migration) => migration.name).join(", ");
    throw new Error(
      `migration ${names} left rows of ${dangling[0].table} that refer to nothing; nothing was changed`,
    );
  }
}

/** Writes `<path>.backup-v<version>` through a second connection, which sees the state before the migration. */
function backUp(path: string, version: number): void {
  const backup = `${path}.backup-v${version}`;
  const unfinished = `${backup}.part`;
  rmSync(unfinished, { force: true });
  const reader = new Database(path, { readonly: true });
  try {
    reader.prepare("VACUUM INTO ?").run(unfinished);
  } finally {
    reader.close();
  }
  renameSync(unfinished, backup);
}
