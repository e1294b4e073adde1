/**
 * The independent disassembler of the tests: objdump of binutils, asked for raw x86-64 code in Intel syntax.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** An instruction as objdump sees it. */
export interface Disassembled {
  readonly offset: number;
  readonly bytes: string;
  readonly text: string;
}

/** Since 2.38 objdump writes broadcasts as "DWORD BCST"; what is compared is the text of 2.40. */
const oldest = [2, 38] as const;

/** Why objdump cannot be asked; undefined where it can. */
export const missingObjdump: string | undefined = findMissing();

function findMissing(): string | undefined {
  const { status, stdout } = spawnSync("objdump", ["--version"], { encoding: "utf8" });
  if (status !== 0) return "there is no objdump (apt-get install binutils)";
  const [, major = 0, minor = 0] = /(\d+)\.(\d+)/.exec(stdout.split("\n")[0] ?? "")?.map(Number) ?? [];
  const isOld = major < oldest[0] || (major === oldest[0] && minor < oldest[1]);
  return isOld ? `objdump ${major}.${minor} is older than ${oldest.join(".")}` : undefined;
}

/** The instructions in these bytes. @throws Error where objdump fails */
export function disassemble(bytes: Uint8Array): Disassembled[] {
  const folder = mkdtempSync(join(tmpdir(), "kdaccel-objdump-"));
  try {
    const file = join(folder, "code.bin");
    writeFileSync(file, bytes);
    const options = ["-D", "-b", "binary", "-m", "i386:x86-64", "-M", "intel", "-w", "-z", file];
    const { status, stdout, stderr } = spawnSync("objdump", options, {
      encoding: "utf8",
      maxBuffer: 2 ** 30,
    });
    if (status !== 0) throw new Error(`objdump ended with ${status}: ${stderr}`);
    return stdout.split("\n").flatMap(readLine);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function readLine(line: string): Disassembled[] {
  const [, offset, bytes, text] = /^\s*([0-9a-f]+):\t([0-9a-f ]+?)\s*\t(.*)$/.exec(line) ?? [];
  if (!offset || !bytes || text === undefined) return [];
  return [{ offset: Number.parseInt(offset, 16), bytes, text: text.replace(/\s+/g, " ").trim() }];
}
