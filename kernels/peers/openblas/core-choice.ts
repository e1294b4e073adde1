/**
 * Chooses OpenBLAS's core type for this machine: measures the candidates in child processes, in turns, and remembers
 * the choice with what was measured. What the shell has set in OPENBLAS_CORETYPE does not count, but is told.
 */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { describeMachine } from "../../measure/machine.ts";
import { cacheFolder } from "../cache-folder.ts";
import { PeerUnavailable } from "../unavailable.ts";
import {
  bestOfTurns,
  type CoreChoice,
  type CoreMeasurement,
  candidateCoreTypes,
  chooseCoreType,
  hasSeveralCoreTypes,
  meanRate,
} from "./core-types.ts";
import { openBlasId, quietEnvironment } from "./library.ts";

const report = z.object({
  file: z.string(),
  config: z.string(),
  coreType: z.string(),
  gflops: z.record(z.string(), z.number().positive()).optional(),
});
/** What a child says of the library. */
export type ProbeReport = z.infer<typeof report>;

/** Runs the probe with a core type (without: the library's own choice). Tests pass one of their own. */
export type Probe = (coreType: string | undefined, measure: boolean) => Promise<ProbeReport>;

export interface Surroundings {
  readonly probe: Probe;
  readonly folder: string;
  readonly machine: { readonly cpu: string; readonly arch: string; readonly isa: readonly string[] };
}

const remembered = z.object({
  schema: z.literal("kdaccel/openblas-core-type/1"),
  cpu: z.string(),
  isa: z.array(z.string()).readonly(),
  file: z.string(),
  /** Of the library under its own choice: version, options, the core type that it takes this processor for. */
  config: z.string(),
  coreType: z.string(),
  automatic: z.string(),
  gain: z.number().positive(),
  measured: z.array(z.object({ coreType: z.string(), gflops: z.record(z.string(), z.number()) })).readonly(),
  /** Core types that ended their process or were refused, with the reason. */
  failed: z.array(z.object({ coreType: z.string(), reason: z.string() })).readonly(),
});
/** A choice with all that it rests on; what the cache folder holds as JSON. */
export type RememberedChoice = z.infer<typeof remembered>;

/** Each candidate is measured so often, in turns, so that a slow moment hits none alone. */
const turns = 3;
/** The best of some dozens of calls does not lose so much by chance: such a core type has no second turn. */
const farBehind = 0.6;

/**
 * The core type for this machine and this library: remembered, else measured, which takes some seconds, and remembered.
 *
 * @throws PeerUnavailable where there is no OpenBLAS
 */
export async function bestCoreType(around: Surroundings = surroundings()): Promise<RememberedChoice> {
  const own = await around.probe(undefined, false);
  const path = join(around.folder, fileNameFor(own, around.machine));
  const known = readChoice(path);
  if (known) return known;
  const choice = await measureAll(own, around);
  writeChoice(path, choice);
  return choice;
}

function surroundings(): Surroundings {
  const { cpu, arch, isa } = describeMachine("");
  return { probe: probeInChild, folder: cacheFolder(), machine: { cpu, arch, isa } };
}

/** Another processor, library or version is another choice. */
function fileNameFor({ file, config }: ProbeReport, { cpu, isa }: Surroundings["machine"]): string {
  const key = JSON.stringify([cpu, isa, file, config]);
  return `openblas-${createHash("sha256").update(key).digest("hex").slice(0, 12)}.json`;
}

async function measureAll(own: ProbeReport, around: Surroundings): Promise<RememberedChoice> {
  const { cpu, arch, isa } = around.machine;
  const { file, config, coreType: automatic } = own;
  const head = { schema: "kdaccel/openblas-core-type/1", cpu, isa, file, config } as const;
  const candidates = hasSeveralCoreTypes(config) ? candidateCoreTypes(arch, isa) : [];
  if (candidates.length === 0) {
    return { ...head, coreType: automatic, automatic, gain: 1, measured: [], failed: [] };
  }
  const { results, failed } = await measureInTurns(candidates, around.probe);
  const measured = bestOfTurns(results);
  const choice: CoreChoice = chooseCoreType(automatic, measured);
  return { ...head, ...choice, measured, failed };
}

/** A candidate that fails, is far behind, or turns out to be a type that was measured already, has no further turn. */
async function measureInTurns(candidates: readonly string[], probe: Probe) {
  const results: CoreMeasurement[] = [];
  const failed: { coreType: string; reason: string }[] = [];
  let running: readonly (string | undefined)[] = [undefined, ...candidates];
  for (let turn = 0; turn < turns; turn++) {
    const ran = new Map<string, { readonly candidate: string | undefined; readonly rate: number }>();
    for (const candidate of running) {
      try {
        const { coreType, gflops } = await probe(candidate, true);
        if (ran.has(coreType) || !gflops) continue;
        ran.set(coreType, { candidate, rate: meanRate({ coreType, gflops }) });
        results.push({ coreType, gflops });
      } catch (error) {
        // The library's own choice must run: without it there is nothing to compare with.
        if (candidate === undefined) throw error;
        failed.push({ coreType: candidate, reason: error instanceof Error ? error.message : String(error) });
      }
    }
    const best = Math.max(...[...ran.values()].map(({ rate }) => rate));
    running = [...ran.values()].filter(({ rate }) => rate > farBehind * best).map((one) => one.candidate);
  }
  return { results, failed };
}

/** What is remembered, or undefined where it is absent or not ours: it is then measured again. */
function readChoice(path: string): RememberedChoice | undefined {
  try {
    const parsed = remembered.safeParse(JSON.parse(readFileSync(path, "utf8")));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}

/** A folder that cannot be written costs a measurement the next time, and nothing else. */
function writeChoice(path: string, choice: RememberedChoice): void {
  try {
    mkdirSync(join(path, ".."), { recursive: true });
    const unfinished = `${path}.${process.pid}`;
    writeFileSync(unfinished, `${JSON.stringify(choice, null, 2)}\n`);
    renameSync(unfinished, path);
  } catch {
    // read-only home, full disk
  }
}

/** Beside this file as a source; bundled, dist/openblas-probe.js (rolldown.config.js gives it this name). */
const probeEntry = import.meta.url.endsWith(".ts")
  ? new URL("./core-probe.ts", import.meta.url)
  : new URL("./openblas-probe.js", import.meta.url);

/** Loading and some products take less than a second; a process that takes this long is stuck. */
const probeMilliseconds = 20_000;

/** @throws PeerUnavailable where the library is absent; Error where the process died */
export const probeInChild: Probe = (coreType, measure) =>
  new Promise((resolve, reject) => {
    const args = [fileURLToPath(probeEntry), ...(measure ? ["measure"] : [])];
    const env = quietEnvironment(process.env, coreType);
    const options = { env, timeout: probeMilliseconds, windowsHide: true };
    execFile(process.execPath, args, options, (error, stdout) => {
      if (error) {
        const how = error.signal ? `ended by ${error.signal}` : `ended with code ${error.code}`;
        reject(new Error(`the process that tried it ${how}`, { cause: error }));
        return;
      }
      try {
        const said: unknown = JSON.parse(stdout);
        const absent = z.object({ reason: z.string(), remedy: z.string() }).safeParse(said).data;
        if (absent) throw new PeerUnavailable(openBlasId, absent.reason, absent.remedy);
        resolve(report.parse(said));
      } catch (problem) {
        reject(problem);
      }
    });
  });
