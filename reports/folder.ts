/**
 * Puts a report's files where the user asked, so that there is never half of one: all are written beside the place
 * first, then renamed into it, the file that people open last. What is not a report's is never overwritten unasked.
 */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join, resolve, sep } from "node:path";
import { makeFolder } from "../catalog/make-folder.ts";

/** One text file of a report: its path inside the folder (`charts/01-ladder.svg`) and its text. */
export interface ReportFile {
  readonly path: string;
  readonly text: string;
}

export interface FolderOptions {
  /** The file that is put in place last and taken away first: while it is there, all it refers to is there. */
  readonly entry: string;
  /** Write into a folder that holds other files too; those stay, files of the same names are replaced. */
  readonly force?: boolean;
}

/** A folder that cannot take the report, in words, with what to do. */
export class FolderProblem extends Error {
  readonly remedy: string;

  constructor(message: string, remedy: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = "FolderProblem";
    this.remedy = remedy;
  }
}

/** A folder that holds what is not ours. Its remedy names options of the command line. */
export class FolderTaken extends FolderProblem {}

/** Names of staging folders begin so; one that a killed process left is taken for ours and removed. */
const stagingPrefix = ".kdaccel-report-";

/**
 * Writes the files and returns the folder's absolute path. A folder with an earlier report is replaced by the new one.
 *
 * @throws FolderProblem where something else is in the way or the system refuses; an earlier report is then as it was,
 * unless the system refused in the middle of the renames: then its entry is gone, so that nobody reads a mixture
 */
export function writeFolder(directory: string, files: readonly ReportFile[], options: FolderOptions): string {
  const folder = resolve(directory);
  const earlier = contentsOf(folder);
  const foreign = earlier && foreignIn(earlier, files);
  if (foreign !== undefined && !options.force) {
    throw new FolderTaken(
      `${folder} is not empty and not a report of kdaccel: it holds ${foreign}`,
      "Name another folder with -o, or write into this one with --force; its other files stay.",
    );
  }
  try {
    if (earlier === undefined) create(folder, files);
    else replaceWithin(folder, files, { entry: options.entry, ours: foreign === undefined });
  } catch (error) {
    throw translated(folder, error);
  }
  return folder;
}

/** Names in a folder, or undefined where there is none yet. */
function contentsOf(folder: string): string[] | undefined {
  try {
    return readdirSync(folder);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") return undefined;
    throw translated(folder, error);
  }
}

/**
 * The first name that shows the folder to be someone else's, or undefined where it is empty or an earlier report.
 * `data.csv` alone proves nothing: an earlier report has all files that stand at the top of this one, and no others.
 */
function foreignIn(names: readonly string[], files: readonly ReportFile[]): string | undefined {
  const own = new Set(files.map((file) => topOf(file.path)));
  const others = names.filter((name) => !name.startsWith(stagingPrefix)).sort();
  const whole = files.every(({ path }) => path.includes("/") || others.includes(path));
  return others.find((name) => !whole || !(own.has(name) || name === chartFolder));
}

/** The one subfolder of reports; a run without charts has none, but the report before it may have had one. */
export const chartFolder = "charts";

const topOf = (path: string): string => path.split("/")[0] ?? path;

/** The folder is new: staged beside its place under a name of its own, then renamed as a whole. */
function create(folder: string, files: readonly ReportFile[]): void {
  makeFolder(dirname(folder));
  const staging = mkdtempSync(join(dirname(folder), `${stagingPrefix}${basename(folder)}-`));
  const whole = join(staging, "report");
  try {
    // A folder of mkdtemp is for its owner only; the one inside follows the user's umask.
    mkdirSync(whole);
    stage(whole, files);
    renameSync(whole, folder);
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
}

/** The folder exists and may be someone's working directory: it stays, and its files are exchanged. */
function replaceWithin(
  folder: string,
  files: readonly ReportFile[],
  { entry, ours }: { readonly entry: string; readonly ours: boolean },
): void {
  for (const name of readdirSync(folder)) {
    if (name.startsWith(stagingPrefix)) rmSync(join(folder, name), { recursive: true, force: true });
  }
  const staging = mkdtempSync(join(folder, stagingPrefix));
  try {
    stage(staging, files);
    rmSync(join(folder, entry), { force: true });
    if (ours) removeStaleCharts(join(folder, chartFolder));
    const paths = files.map((file) => file.path).filter((path) => path !== entry);
    for (const path of [...paths, entry]) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      renameSync(join(staging, path), join(folder, path));
    }
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
}

/** The charts of the report that is replaced; anything else in their folder is left alone. */
function removeStaleCharts(charts: string): void {
  for (const name of contentsOf(charts) ?? []) {
    if (name.endsWith(".svg")) rmSync(join(charts, name), { force: true });
  }
}

function stage(folder: string, files: readonly ReportFile[]): void {
  for (const { path, text } of files) {
    const target = resolve(folder, path);
    if (!target.startsWith(folder + sep)) throw new Error(`a report's file must lie in its folder: ${path}`);
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, text, { flag: "wx" });
  }
}

const remedies: Readonly<Record<string, readonly [problem: string, remedy: string]>> = {
  EACCES: ["it may not be written", "Name a folder with -o that you may write to."],
  EPERM: ["it may not be written", "Name a folder with -o that you may write to."],
  EROFS: ["it lies on a read-only file system", "Name a folder with -o that you may write to."],
  ENOSPC: ["the disk is full", "Free some space, or name a folder on another disk with -o."],
  EDQUOT: ["the disk quota is used up", "Free some space, or name a folder on another disk with -o."],
  ENOTDIR: ["a part of this path is a file", "Name a folder with -o."],
  EEXIST: ["something else is at this path", "Name another folder with -o."],
  ENAMETOOLONG: ["the name is too long", "Name a shorter one with -o."],
  ELOOP: ["its symbolic links go in a circle", "Name another folder with -o."],
};

function translated(folder: string, error: unknown): FolderProblem {
  if (error instanceof FolderProblem) return error;
  const { code = "", message } = error as NodeJS.ErrnoException;
  const [problem, remedy] = remedies[isFile(folder) ? "EEXIST" : code] ?? [
    message,
    "Name another folder with -o.",
  ];
  return new FolderProblem(`cannot write a report to ${folder}: ${problem}`, remedy, error);
}

function isFile(path: string): boolean {
  try {
    return existsSync(path) && statSync(path).isFile();
  } catch {
    return false;
  }
}
