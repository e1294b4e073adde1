/**
 * Recordings of other CPUs: lines of leaf, subleaf and four registers in fixtures/, each file with its source. The
 * values are facts of the CPUs, from the dumps that the collection InstLatx64 publishes.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type CpuidDump, dumpOf, type Registers } from "./cpuid.ts";

/** The recording in fixtures/<name>.txt. */
export function recordedDump(name: string): CpuidDump {
  return parseDump(readFileSync(join(import.meta.dirname, "fixtures", `${name}.txt`), "utf8"));
}

function parseDump(text: string): CpuidDump {
  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  const xcr0 = Number.parseInt(/^xcr0 ([0-9a-f]+)$/m.exec(text)?.[1] ?? "0", 16);
  const rows = lines
    .filter((line) => !line.startsWith("xcr0"))
    .map((line) => {
      const [leaf = 0, subleaf = 0, eax = 0, ebx = 0, ecx = 0, edx = 0] = line
        .split(" ")
        .map((field) => Number.parseInt(field, 16));
      return [leaf, subleaf, { eax, ebx, ecx, edx }] as const;
    });
  return dumpOf(rows, xcr0);
}

/** The same recording with some leaves (subleaf 0) or XCR0 differing. */
export function alteredDump(
  dump: CpuidDump,
  differing: Readonly<Record<number, Partial<Registers>>>,
  xcr0 = dump.xcr0,
): CpuidDump {
  return {
    xcr0,
    leaf: (leaf, subleaf = 0) => ({
      ...dump.leaf(leaf, subleaf),
      ...(subleaf === 0 ? differing[leaf] : undefined),
    }),
  };
}
