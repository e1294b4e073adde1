/**
 * Peers that are npm packages: found in the folder that has a package.json of its own, so that kdaccel itself needs none
 * of them. `KDACCEL_PEERS` names another folder.
 */
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { PeerUnavailable } from "./unavailable.ts";

/** This room; from the bundle in dist/, the room in the project around it. */
const ownFolder = fileURLToPath(
  new URL(import.meta.url.endsWith(".ts") ? "." : "../kernels/peers", import.meta.url),
);

/** The folder whose node_modules holds the peers. */
export function peersFolder(env: Readonly<Record<string, string | undefined>> = process.env): string {
  return env.KDACCEL_PEERS || ownFolder;
}

/**
 * A package of the peers' folder, typed by the caller because its own types may not be there.
 *
 * @throws PeerUnavailable with the command that installs it
 */
export function loadPackage<T>(peer: string, name: string, folder: string = peersFolder()): T {
  const require = requireFrom(folder);
  try {
    return require(name) as T;
  } catch (error) {
    throw unavailable(peer, name, folder, error);
  }
}

/** The installed version of a package. @throws PeerUnavailable with the command that installs it */
export function packageVersion(peer: string, name: string, folder: string = peersFolder()): string {
  // Not through require: most packages do not export their package.json.
  const manifest = join(folder, "node_modules", name, "package.json");
  if (!existsSync(manifest)) throw unavailable(peer, name, folder);
  const { version } = requireFrom(folder)(manifest) as { version?: string };
  return version ?? "unknown";
}

const requireFrom = (folder: string) => createRequire(join(folder, "package.json"));

function unavailable(peer: string, name: string, folder: string, cause?: unknown): PeerUnavailable {
  const installed = existsSync(join(folder, "node_modules", name));
  const line = String(cause instanceof Error ? cause.message : cause).split("\n")[0];
  const reason = installed ? `package ${name} does not load (${line})` : `package ${name} is not installed`;
  return new PeerUnavailable(peer, reason, `Install it: ${installCommand(folder, name)}`, cause);
}

/**
 * What a person types; the folder as seen from where they are. A folder of their own has no list of what to install, and
 * no .npmrc that keeps install scripts from running.
 */
export function installCommand(folder: string, name: string): string {
  const from = relative(process.cwd(), folder) || ".";
  const shown = from.startsWith("..") ? folder : from;
  const prefix = `--prefix ${/^[\w./\\:-]+$/.test(shown) ? shown : JSON.stringify(shown)}`;
  const scripts = existsSync(join(folder, ".npmrc")) ? "" : " --ignore-scripts";
  const wanted = existsSync(join(folder, "package.json")) ? "" : ` ${name}`;
  return `npm install${scripts} ${prefix}${wanted}`;
}
