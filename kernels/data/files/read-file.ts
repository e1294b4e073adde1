/**
 * The bytes of one file of a data set, plain or gzip, and what to say where it is not there or broken. Separate from the
 * formats: both read through here, and every error names the file.
 */
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { DataError } from "../data-set.ts";

/** Where a set's files lie, and how the user gets them. */
export interface DataFolder {
  /** Id of the set, as `kdaccel data add` takes it. */
  readonly set: string;
  readonly folder: string;
}

export interface FileBytes {
  readonly path: string;
  readonly bytes: Uint8Array;
}

// The largest known file holds 60,000 images of 28 x 28: 47 MB. A small gzip that unpacks to more is not one of them.
const mostBytes = 256 * 2 ** 20;

/**
 * Reads the first of the names that is in the folder; one that ends with `.gz` is unpacked.
 * @throws DataError if none is there, it cannot be read, or it is no whole gzip file
 */
export function readDataFile(from: DataFolder, names: readonly string[]): FileBytes {
  if (statSync(from.folder, { throwIfNoEntry: false })?.isDirectory() !== true)
    throw missing(from, from.folder, `a folder with the files of ${from.set}`, "no such folder");
  for (const name of names) {
    const path = join(from.folder, name);
    if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true) continue;
    const bytes = readWhole(path);
    return { path, bytes: name.endsWith(".gz") ? unpacked(path, bytes) : bytes };
  }
  throw missing(from, from.folder, `the file ${names.join(" or ")}`, "none of them");
}

/** What to do to have the set. */
export function howToGet({ set, folder }: DataFolder): string {
  return `\`kdaccel data add ${set}\` downloads it; or copy its files into ${folder}.`;
}

function missing(from: DataFolder, where: string, expected: string, found: string): DataError {
  return new DataError(where, expected, found, howToGet(from));
}

function readWhole(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (cause) {
    const found = cause instanceof Error ? cause.message : String(cause);
    throw Object.assign(new DataError(path, "a file that can be read", found, "Check its permissions."), {
      cause,
    });
  }
}

function unpacked(path: string, bytes: Uint8Array): Uint8Array {
  try {
    return gunzipSync(bytes, { maxOutputLength: mostBytes });
  } catch (cause) {
    const found = cause instanceof Error ? cause.message : String(cause);
    throw Object.assign(
      new DataError(path, `a whole gzip file of ${bytes.length} bytes`, found, "Download it again."),
      { cause },
    );
  }
}
