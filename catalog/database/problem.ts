/**
 * What can be wrong with the database, as data: a code for programs, a sentence for people, and the remedy. SQLite's
 * result codes (https://sqlite.org/rescode.html) and the system's errno names are translated here and nowhere else.
 */
import { existsSync, readdirSync, statfsSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { describeHolder, holdersOf } from "./holder.ts";

export type DatabaseProblemCode =
  | "locked"
  | "read-only"
  | "not-a-database"
  | "corrupt"
  | "newer"
  | "older"
  | "missing"
  | "disk-full"
  | "failed";

/** An error that says what is wrong with which database file and what to do; `cause` keeps the original. */
export class DatabaseProblem extends Error {
  readonly code: DatabaseProblemCode;
  readonly path: string;
  readonly remedy: string;

  constructor(code: DatabaseProblemCode, path: string, message: string, remedy: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = "DatabaseProblem";
    this.code = code;
    this.path = path;
    this.remedy = remedy;
  }
}

/** The backups that migrations left beside a database, newest schema version first. */
export function backupsOf(path: string): string[] {
  const folder = dirname(path);
  if (!existsSync(folder)) return [];
  const prefix = `${basename(path)}.backup-v`;
  const version = (name: string): number => Number(name.slice(prefix.length));
  return readdirSync(folder)
    .filter((name) => name.startsWith(prefix) && Number.isInteger(version(name)))
    .sort((a, b) => version(b) - version(a))
    .map((name) => join(folder, name));
}

const elsewhere = "set KDACCEL_HOME to another folder to use a database there";

/** The file holds something else than an SQLite database. */
export function notADatabase(path: string, cause?: unknown): DatabaseProblem {
  return new DatabaseProblem(
    "not-a-database",
    path,
    `expected an SQLite database at ${path}, found a file of another kind; it was left as it is`,
    `move that file away, or ${elsewhere}`,
    cause,
  );
}

/** The file is an SQLite database, but damaged. */
export function corrupt(path: string, cause?: unknown): DatabaseProblem {
  const [backup] = backupsOf(path);
  const restore = backup
    ? `put the backup in its place (cp "${backup}" "${path}")`
    : `keep a copy, then move it away to begin with an empty one`;
  return new DatabaseProblem(
    "corrupt",
    path,
    `the database ${path} is damaged (truncated, or overwritten in part); it was left as it is`,
    `${restore}, or ${elsewhere}`,
    cause,
  );
}

/** The database was written by a later kdaccel. */
export function newer(path: string, found: number, known: number): DatabaseProblem {
  return new DatabaseProblem(
    "newer",
    path,
    `the database ${path} has schema version ${found}; this kdaccel knows versions up to ${known}. It was left as it is`,
    `update kdaccel, or ${elsewhere}`,
  );
}

/** The file or its folder may not be written. */
export function readOnly(path: string, cause?: unknown): DatabaseProblem {
  return new DatabaseProblem(
    "read-only",
    path,
    `the database ${path} cannot be written: the file, its folder or the file system is read-only for this user`,
    `give yourself write permission on the file and on ${dirname(path)}, or ${elsewhere}`,
    cause,
  );
}

/** Another process kept its lock for longer than the waiting time. */
export function locked(path: string, cause?: unknown): DatabaseProblem {
  const holders = holdersOf(path);
  const who = holders.length > 0 ? holders.map(describeHolder).join("; ") : "another process";
  const [first] = holders;
  return new DatabaseProblem(
    "locked",
    path,
    `the database ${path} stayed locked by ${who}`,
    `wait until it has finished${first ? `, or end it (kill ${first.pid})` : ""}, then try again`,
    cause,
  );
}

/** No room is left for the database to grow. */
export function diskFull(path: string, cause?: unknown): DatabaseProblem {
  return new DatabaseProblem(
    "disk-full",
    path,
    `no space is left for the database ${path}; what was stored before is intact`,
    `free space on the disk that holds ${dirname(path)}, or ${elsewhere}`,
    cause,
  );
}

/** Blocks that an ordinary user may still write on the file system of `path`; unknown counts as plenty. */
function freeBlocks(path: string): number {
  try {
    return statfsSync(dirname(path)).bavail;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

// By prefix, because extended codes (SQLITE_IOERR_WRITE, SQLITE_BUSY_SNAPSHOT …) begin with their primary code.
const translations: readonly (readonly [
  prefix: string,
  make: (path: string, cause: unknown) => DatabaseProblem,
])[] = [
  ["SQLITE_BUSY", locked],
  ["SQLITE_LOCKED", locked],
  ["SQLITE_NOTADB", notADatabase],
  ["SQLITE_CORRUPT", corrupt],
  ["SQLITE_FULL", diskFull],
  ["SQLITE_READONLY", readOnly],
  ["SQLITE_PERM", readOnly],
  ["SQLITE_IOERR", (path, cause) => (freeBlocks(path) === 0 ? diskFull(path, cause) : failed(path, cause))],
  [
    "SQLITE_CANTOPEN",
    (path, cause) => (freeBlocks(path) === 0 ? diskFull(path, cause) : readOnly(path, cause)),
  ],
  ["ENOSPC", diskFull],
  ["EDQUOT", diskFull],
  ["EACCES", readOnly],
  ["EPERM", readOnly],
  ["EROFS", readOnly],
];

function failed(path: string, cause: unknown): DatabaseProblem {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new DatabaseProblem(
    "failed",
    path,
    `the database ${path} could not be used: ${reason}`,
    `check the disk and the path, or ${elsewhere}`,
    cause,
  );
}

/**
 * Translates an error of SQLite or of the file system into a `DatabaseProblem`; anything else (a fault of ours, a
 * broken constraint) comes back unchanged.
 */
export function asDatabaseProblem(error: unknown, path: string): unknown {
  const { code, path: where } = (error ?? {}) as { code?: unknown; path?: unknown };
  if (error instanceof DatabaseProblem || typeof code !== "string") return error;
  // What the system said of another file is no fault of the database.
  if (typeof where === "string" && !path.startsWith(where)) return error;
  const translation = translations.find(([prefix]) => code.startsWith(prefix));
  if (translation) return translation[1](path, error);
  const ofTheFile = [
    "ENOENT",
    "ENOTDIR",
    "EISDIR",
    "EEXIST",
    "ENAMETOOLONG",
    "ELOOP",
    "EIO",
    "SQLITE_NOLFS",
    "SQLITE_PROTOCOL",
  ];
  return ofTheFile.includes(code) ? failed(path, error) : error;
}
