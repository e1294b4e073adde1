/**
 * The build's check of the data files: `node catalog/articles/check.ts` fails naming file, entry and field of every
 * fault, and when the digest is not theirs; with `--write` it writes the digest. A folder may be given for tests.
 */
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type DataFile, dataFileNames } from "./files.ts";
import { type Fault, ReadingListError, validateReadingList } from "./validate.ts";

const digestLine = /readingListDigest =\s*"([0-9a-f]*)"/;

/** Reads and checks the data files of a folder; returns their digest. */
export function checkDataFiles(folder: string): string {
  const hash = createHash("sha256");
  const faults: Fault[] = [];
  const contents = {} as Record<DataFile, unknown>;
  for (const name of dataFileNames) {
    const bytes = readFileSync(join(folder, name));
    hash.update(bytes);
    try {
      contents[name] = JSON.parse(bytes.toString("utf8"));
    } catch (error) {
      faults.push({ file: name, entry: "", field: "", message: `is not JSON: ${(error as Error).message}` });
    }
  }
  if (faults.length > 0) throw new ReadingListError(faults);
  validateReadingList(contents);
  return hash.digest("hex");
}

function main(folder: string, write: boolean): void {
  const digest = checkDataFiles(folder);
  const path = join(folder, "digest.ts");
  const source = readFileSync(path, "utf8");
  if (digestLine.exec(source)?.[1] === digest) return;
  if (!write) {
    throw new Error(
      `${path} is not the digest of the data files; run: node catalog/articles/check.ts --write`,
    );
  }
  writeFileSync(path, source.replace(digestLine, `readingListDigest =\n  "${digest}"`));
}

if (import.meta.main) {
  const args = process.argv.slice(2);
  const folder = args.find((arg) => !arg.startsWith("--")) ?? import.meta.dirname;
  try {
    main(folder, args.includes("--write"));
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`);
    process.exitCode = 1;
  }
}
