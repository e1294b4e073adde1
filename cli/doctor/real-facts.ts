/** The facts of this machine, each found when a check first asks for it. */
import os from "node:os";
import { databaseHealth } from "../../catalog/database/health.ts";
import { measureReadingCost, processClock } from "../../kernels/measure/clock.ts";
import { describeMachine, threadsPerCore } from "../../kernels/measure/machine.ts";
import { measureNoiseFloor } from "../../kernels/measure/noise-floor.ts";
import { nativeAvailability } from "../../kernels/native/availability.ts";
import { thisCpuIfKnown } from "../../kernels/native/cpu.ts";
import { loadCode } from "../../kernels/native/executable.ts";
import about from "../../package.json" with { type: "json" };
import type { Facts } from "./check.ts";
import { terminalFacts } from "./terminal-facts.ts";

/** Long enough for the interval of a quiet machine to be well below a percent; all checks stay under ten seconds. */
const noiseSeconds = 1.5;

/** x86-64 and ARM alike are never asked to execute this one byte. */
const anyCode = Uint8Array.of(0xc3);

export function realFacts(): Facts {
  const noiseFloor = once(() => measureNoiseFloor(noiseSeconds));
  const environment = once(() => describeMachine(about.version));
  return {
    node: { version: process.versions.node, asked: about.engines.node },
    environment,
    cpu: thisCpuIfKnown,
    native: nativeAvailability,
    loadCode: () => loadCode(anyCode).release(),
    timer() {
      const clock = processClock();
      return { resolutionSeconds: clock.resolutionSeconds, readingSeconds: measureReadingCost(clock) };
    },
    noiseFloor,
    cores: () => ({
      logical: os.cpus().length,
      usable: os.availableParallelism(),
      threadsPerCore: threadsPerCore(),
      load: os.loadavg()[0] ?? 0,
    }),
    memory: () => ({ totalBytes: os.totalmem(), availableBytes: process.availableMemory() }),
    database: () => databaseHealth(),
    terminal: () => terminalFacts(),
  };
}

function once<T>(find: () => T): () => T {
  let found: { readonly value: T } | undefined;
  return () => {
    found ??= { value: find() };
    return found.value;
  };
}
