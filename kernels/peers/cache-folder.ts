/**
 * Where what a machine needs to measure but once is remembered. Everything in it can be deleted: it is measured again.
 * The XDG Base Directory specification 0.8 on Linux, the systems' own conventions elsewhere.
 */
import { homedir } from "node:os";
import { join } from "node:path";

/** What the choice depends on; the running process unless a test says otherwise. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
  readonly home: string;
}

const here = (): Surroundings => ({ env: process.env, platform: process.platform, home: homedir() });

/** `cache` in `KDACCEL_HOME` if that is set, else the platform's cache folder. */
export function cacheFolder({ env, platform, home }: Surroundings = here()): string {
  if (env.KDACCEL_HOME) return join(env.KDACCEL_HOME, "cache");
  // The specification says to ignore relative paths in XDG variables.
  if (env.XDG_CACHE_HOME?.startsWith("/")) return join(env.XDG_CACHE_HOME, "kdaccel");
  if (platform === "win32") {
    return join(env.LOCALAPPDATA ?? join(home, "AppData", "Local"), "kdaccel", "cache");
  }
  if (platform === "darwin") return join(home, "Library", "Caches", "kdaccel");
  return join(home, ".cache", "kdaccel");
}
