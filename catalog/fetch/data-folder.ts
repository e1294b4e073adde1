/**
 * The folder of each data set under `KDACCEL_HOME/data`: what is there of it, bringing the rest, and removing what was
 * brought. Files that the user put beside them are never touched.
 */
import { rmdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { dataDirectory } from "../database/path.ts";
import { makeFolder } from "../make-folder.ts";
import { type DataSource, dataSources, type SourceFile } from "./data-sources.ts";
import { type DownloadOptions, download } from "./download.ts";
import { type Member, unpackMembers } from "./unpack.ts";

/** The source of that name, if there is one. */
export function dataSourceCalled(name: string): DataSource | undefined {
  return dataSources.find((source) => source.name === name);
}

/** Where the files of a set lie, whether they are there or not. */
export function dataSetFolder(name: string): string {
  return join(dataDirectory(), "data", name);
}

/** How much of a set is there: all of its files with the right size, some (parts included), or none. */
export type Presence = "whole" | "partly" | "absent";

export function presenceOf(source: DataSource, folder = dataSetFolder(source.name)): Presence {
  const whole = source.files.every((file) => isThere(file, folder));
  if (whole) return "whole";
  return leftovers(source).some((name) => sizeIn(folder, name) !== undefined) ? "partly" : "absent";
}

/** Bytes to download for a set. */
export function downloadBytes({ files }: DataSource): number {
  return files.reduce((sum, file) => sum + file.bytes, 0);
}

export interface AddOptions extends DownloadOptions {
  readonly folder?: string;
  /** Servers to ask in place of the known ones. */
  readonly mirrors?: readonly string[];
  /** Says which file is next. */
  readonly onFile?: (file: SourceFile) => void;
}

/**
 * Brings every file of a set that is not there yet, and unpacks archives.
 * @throws DownloadError, DownloadInterrupted, or the system's error if the folder cannot be made
 */
export async function addDataSet(source: DataSource, options: AddOptions = {}): Promise<void> {
  const { folder = dataSetFolder(source.name), mirrors = source.mirrors, onFile, ...rest } = options;
  makeFolder(folder);
  for (const file of source.files) {
    if (isThere(file, folder)) continue;
    onFile?.(file);
    const urls = mirrors.map((mirror) => `${mirror.replace(/\/?$/, "/")}${file.name}`);
    const target = join(folder, file.name);
    if (sizeIn(folder, file.name) !== file.bytes) await download({ ...file, urls }, target, rest);
    if (!file.members) continue;
    await unpackMembers(target, folder, file.members);
    rmSync(target);
  }
}

/** Removes the files of a set and the folder if nothing else is in it. @returns whether anything was there */
export function removeDataSet(source: DataSource, folder = dataSetFolder(source.name)): boolean {
  const found = leftovers(source).filter((name) => sizeIn(folder, name) !== undefined);
  for (const name of found) rmSync(join(folder, name), { force: true });
  try {
    rmdirSync(folder);
  } catch {
    // Files of the user are in it, or it was never there.
  }
  return found.length > 0;
}

/** Every name that adding a set may leave in its folder. */
function leftovers({ files }: DataSource): string[] {
  const names = files.flatMap(({ name, members = [] }) => [name, ...members.map((member) => member.name)]);
  return names.flatMap((name) => [name, `${name}.part`, `${name}.part.json`]);
}

function isThere(file: SourceFile, folder: string): boolean {
  const kept: readonly Member[] = file.members ?? [file];
  return kept.every(({ name, bytes }) => sizeIn(folder, name) === bytes);
}

function sizeIn(folder: string, name: string): number | undefined {
  return statSync(join(folder, name), { throwIfNoEntry: false })?.size;
}
