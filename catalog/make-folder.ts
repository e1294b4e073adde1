/**
 * Makes a folder with everything above it. `mkdirSync(…, { recursive: true })` never returns where the system denies
 * that a parent exists which can be listed (Node 22 to 26: `/proc/x`, a dead automount): it asks for that parent for
 * ever. Here each folder is asked for once.
 */
import { mkdirSync, statSync } from "node:fs";
import { dirname } from "node:path";

/** @throws the system's error (EACCES, ENOENT, EEXIST, EROFS …) of the first folder that cannot be made */
export function makeFolder(folder: string): void {
  if (isFolder(folder)) return;
  makeFolder(dirname(folder));
  try {
    mkdirSync(folder);
  } catch (error) {
    // Another process may have made it meanwhile.
    if ((error as NodeJS.ErrnoException).code !== "EEXIST" || !isFolder(folder)) throw error;
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}
