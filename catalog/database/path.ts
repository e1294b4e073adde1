/**
 * Where the database lies. Separate so that `doctor` and error messages can name the file without opening it.
 * Linux and the BSDs follow the XDG Base Directory specification 0.8; macOS and Windows their own conventions.
 */
import { homedir } from "node:os";
import { join } from "node:path";

/** What the choice of folder depends on; the running process unless a test says otherwise. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
  readonly home: string;
}

const here = (): Surroundings => ({ env: process.env, platform: process.platform, home: homedir() });

/** The folder of everything that kdaccel keeps: `KDACCEL_HOME` if set, else the platform's data folder. */
export function dataDirectory({ env, platform, home }: Surroundings = here()): string {
  if (env.KDACCEL_HOME) return env.KDACCEL_HOME;
  // The specification says to ignore relative paths in XDG variables.
  if (env.XDG_DATA_HOME?.startsWith("/")) return join(env.XDG_DATA_HOME, "kdaccel");
  if (platform === "win32") return join(env.LOCALAPPDATA ?? join(home, "AppData", "Local"), "kdaccel");
  if (platform === "darwin") return join(home, "Library", "Application Support", "kdaccel");
  return join(home, ".local", "share", "kdaccel");
}

/** The database file. */
export function databasePath(surroundings: Surroundings = here()): string {
  return join(dataDirectory(surroundings), "kdaccel.db");
}
