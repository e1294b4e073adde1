/**
 * The database with the shipped reading list in it: what every command opens. When the database has this list already,
 * neither the data files nor the schemas are loaded; asking costs one row.
 */
import { readingListDigest } from "./articles/digest.ts";
import { asDatabaseProblem, type Connection, type OpenOptions, openDatabase } from "./database/open.ts";
import { indexVersion } from "./search/index-rows.ts";

/** What `catalog_load` holds when the database is up to date. */
export const currentLoad = `${readingListDigest}/${indexVersion}`;

/** Opens the database and loads the shipped list where it has another one. */
export async function openCatalog(options: OpenOptions = {}): Promise<Connection> {
  const db = openDatabase(options);
  try {
    await ensureReadingList(db);
    return db;
  } catch (error) {
    db.close();
    throw asDatabaseProblem(error, db.name);
  }
}

/** Loads the shipped list unless the database has it; returns whether it did. */
export async function ensureReadingList(db: Connection): Promise<boolean> {
  const loaded = db.prepare<[], string>("SELECT digest FROM catalog_load").pluck().get();
  if (loaded === currentLoad || db.readonly) return false;
  const [{ shippedFiles }, { validateReadingList }, { storeReadingList }] = await Promise.all([
    import("./articles/shipped.ts"),
    import("./articles/validate.ts"),
    import("./articles/store.ts"),
  ]);
  storeReadingList(db, validateReadingList(shippedFiles), currentLoad);
  return true;
}

/** Opens the catalog for the duration of `use`, closes it whatever happens, and translates SQLite's errors. */
export async function withCatalog<T>(
  use: (db: Connection) => T | Promise<T>,
  options: OpenOptions = {},
): Promise<T> {
  const db = await openCatalog(options);
  try {
    return await use(db);
  } catch (error) {
    throw asDatabaseProblem(error, db.name);
  } finally {
    db.close();
  }
}
