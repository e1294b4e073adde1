/**
 * How the database is, without changing it: whether it is there, sound and of this program's schema, how large it is,
 * and whether its place can be written. For `doctor`.
 */
import { accessSync, constants, existsSync, statfsSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { schemaVersion } from "./migrate.ts";
import { migrations } from "./migrations/index.ts";
import { databasePath, openDatabase } from "./open.ts";
import { DatabaseProblem } from "./problem.ts";

export interface DatabaseHealth {
  readonly path: string;
  /** Whether the file exists; the first command that needs it creates it. */
  readonly exists: boolean;
  readonly bytes: number;
  /** Its schema version, and the newest that this program knows. */
  readonly version: number;
  readonly newestVersion: number;
  /** What SQLite's own check found, at most ten lines; empty where all is well. */
  readonly faults: readonly string[];
  /** Whether file and folder, or the folder that would be made, can be written. */
  readonly writable: boolean;
  /** Free bytes where it lies; null where the system does not tell. */
  readonly freeBytes: number | null;
  /** Why it cannot be read. */
  readonly problem?: { readonly message: string; readonly remedy: string };
}

/** Looks at the database. Never throws for what is wrong with it. */
export function databaseHealth(path: string = databasePath()): DatabaseHealth {
  const exists = existsSync(path);
  const place = {
    path,
    exists,
    bytes: exists ? statSync(path).size : 0,
    newestVersion: migrations.at(-1)?.version ?? 0,
    writable: isWritable(nearestFolder(path)) && (!exists || isWritable(path)),
    freeBytes: freeBytes(nearestFolder(path)),
  };
  if (!exists) return { ...place, version: 0, faults: [] };
  try {
    return { ...place, ...checked(path) };
  } catch (error) {
    if (!(error instanceof DatabaseProblem)) throw error;
    // A schema that the next command will bring up to date is no problem.
    if (error.code === "older") return { ...place, version: 0, faults: [] };
    return { ...place, version: 0, faults: [], problem: { message: error.message, remedy: error.remedy } };
  }
}

// The first faults tell what the hundredth would.
const mostFaults = 10;

function checked(path: string): Pick<DatabaseHealth, "version" | "faults"> {
  const db = openDatabase({ path, readonly: true, waitMilliseconds: 1000 });
  try {
    const rows = db.pragma(`integrity_check(${mostFaults})`) as readonly { integrity_check: string }[];
    const foreign = db.pragma("foreign_key_check") as readonly { table: string; parent: string }[];
    const faults = [
      ...rows.map((row) => row.integrity_check).filter((line) => line !== "ok"),
      ...foreign.slice(0, mostFaults).map(({ table, parent }) => `a row of ${table} lacks its ${parent}`),
    ];
    return { version: schemaVersion(db), faults };
  } finally {
    db.close();
  }
}

function nearestFolder(path: string): string {
  let folder = dirname(path);
  while (!existsSync(folder) && dirname(folder) !== folder) folder = dirname(folder);
  return folder;
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

function freeBytes(folder: string): number | null {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize;
  } catch {
    return null;
  }
}
