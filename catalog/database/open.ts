/**
 * Opens the one database file: checks what is there before SQLite may touch it, sets the pragmas that every
 * connection needs, and brings the schema up to date. Everything that can be wrong comes out as a `DatabaseProblem`.
 */
import { accessSync, closeSync, constants, existsSync, openSync, readSync, statSync } from "node:fs";
import { dirname } from "node:path";
import Database from "better-sqlite3";
import { makeFolder } from "../make-folder.ts";
import { type Migration, migrate, schemaVersion } from "./migrate.ts";
import { migrations as allMigrations } from "./migrations/index.ts";
import { databasePath } from "./path.ts";
import { asDatabaseProblem, corrupt, DatabaseProblem, newer, notADatabase } from "./problem.ts";

export { databasePath } from "./path.ts";
export { asDatabaseProblem, DatabaseProblem } from "./problem.ts";

/** An open database. */
export type Connection = Database.Database;

export interface OpenOptions {
  /** The file; by default `databasePath()`. */
  readonly path?: string;
  /** Opens an existing, up-to-date database without ever writing to it. */
  readonly readonly?: boolean;
  /** How long to wait for another process's lock, in milliseconds. */
  readonly waitMilliseconds?: number;
  /** The schema; tests pass shorter or longer ones. */
  readonly migrations?: readonly Migration[];
}

// A bench run writes for milliseconds at a time and a migration for less than a second, so five seconds tell a
// process that works from one that hangs.
const patience = 5000;

/**
 * Opens the database, creating folder and file where nothing is, and migrates it to the newest schema.
 *
 * @throws DatabaseProblem if it is locked, read-only, damaged, newer than this program, or no database at all
 * @example
 * const db = openDatabase();
 * try { … } finally { db.close(); }
 */
export function openDatabase(options: OpenOptions = {}): Connection {
  const path = options.path ?? databasePath();
  try {
    return options.readonly ? openForReading(path, options) : openForWriting(path, options);
  } catch (error) {
    throw asDatabaseProblem(error, path);
  }
}

/** Opens the database for the duration of `use`, closes it whatever happens, and translates SQLite's errors. */
export async function withDatabase<T>(
  use: (db: Connection) => T | Promise<T>,
  options: OpenOptions = {},
): Promise<T> {
  const db = openDatabase(options);
  try {
    return await use(db);
  } catch (error) {
    throw asDatabaseProblem(error, db.name);
  } finally {
    db.close();
  }
}

function openForWriting(path: string, options: OpenOptions): Connection {
  makeFolder(dirname(path));
  accessSync(dirname(path), constants.W_OK);
  if (existsSync(path)) {
    accessSync(path, constants.R_OK | constants.W_OK);
    checkHeader(path);
  }
  return configured(path, new Database(path, { timeout: options.waitMilliseconds ?? patience }), (db) => {
    const migrations = options.migrations ?? allMigrations;
    refuseNewer(db, migrations);
    useWriteAheadLog(db);
    migrate(db, migrations);
  });
}

function openForReading(path: string, options: OpenOptions): Connection {
  if (!existsSync(path)) {
    throw new DatabaseProblem(
      "missing",
      path,
      `there is no database at ${path}`,
      "run any kdaccel command first, or set KDACCEL_HOME to the folder that holds the database",
    );
  }
  checkHeader(path);
  const db = new Database(path, { readonly: true, timeout: options.waitMilliseconds ?? patience });
  return configured(path, db, () => {
    const migrations = options.migrations ?? allMigrations;
    refuseNewer(db, migrations);
    const known = migrations.at(-1)?.version ?? 0;
    if (schemaVersion(db) < known) {
      throw new DatabaseProblem(
        "older",
        path,
        `the database ${path} has schema version ${schemaVersion(db)}, and version ${known} is needed for reading`,
        "run any kdaccel command that may write to it once, for example `kdaccel articles`",
      );
    }
  });
}

function configured(path: string, db: Connection, prepare: (db: Connection) => void): Connection {
  try {
    prepare(db);
    db.pragma("foreign_keys = ON");
    // In WAL mode NORMAL survives a killed process; only a power cut can lose the last commits, never the file.
    db.pragma("synchronous = NORMAL");
    return db;
  } catch (error) {
    db.close();
    throw asDatabaseProblem(error, path);
  }
}

function refuseNewer(db: Connection, migrations: readonly Migration[]): void {
  const known = migrations.at(-1)?.version ?? 0;
  const found = schemaVersion(db);
  if (found > known) throw newer(db.name, found, known);
}

/** Switches to WAL once; the file remembers it. */
function useWriteAheadLog(db: Connection): void {
  if (db.pragma("journal_mode", { simple: true }) !== "wal") db.pragma("journal_mode = WAL");
}

// https://sqlite.org/fileformat.html, 1.3: the header has 100 bytes and begins with this text.
const magic = Buffer.from("SQLite format 3\0", "latin1");
const headerBytes = 100;

/** Looks at the first bytes before SQLite does, because SQLite would take a short foreign file for an empty one. */
function checkHeader(path: string): void {
  const { size } = statSync(path);
  if (size === 0) return; // what SQLite itself leaves when a process dies before the first commit
  const header = Buffer.alloc(headerBytes);
  const file = openSync(path, "r");
  try {
    readSync(file, header, 0, headerBytes, 0);
  } finally {
    closeSync(file);
  }
  if (!header.subarray(0, magic.length).equals(magic)) throw notADatabase(path);
  if (size < headerBytes) throw corrupt(path);
  // Two bytes at offset 16; 1 stands for 65536. SQLite itself would fill up a last page that was cut with zeros.
  const pageBytes = header.readUInt16BE(16) === 1 ? 65_536 : header.readUInt16BE(16);
  if (size % pageBytes !== 0 && !hasJournal(path)) throw corrupt(path);
}

/** Whether a process died in the middle of a write, which SQLite repairs from what it left beside the file. */
function hasJournal(path: string): boolean {
  return existsSync(`${path}-wal`) || existsSync(`${path}-journal`);
}
