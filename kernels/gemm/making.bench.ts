/**
 * What generating and loading a GEMM costs, from the call of createGemm to a function that can be called: the first of a
 * fresh process, koffi and the question for the CPU already answered and shown apart, and the median of later ones.
 * Nothing is shared between them. Run: node kernels/gemm/making.bench.ts
 */
import { spawnSync } from "node:child_process";
import { loadavg } from "node:os";
import { fileURLToPath } from "node:url";
import { Memory } from "../codegen/memory.ts";
import { median } from "../measure/statistics/order.ts";
import { nativeAvailability } from "../native/availability.ts";
import type { NativeIsa } from "../native/cpu-features.ts";
import { createGemm } from "./gemm.ts";

/** Each way by a shape and a variant that take it; a tile of 4x16 fits both levels. */
const ways = {
  auto: { variant: "auto", shape: { m: 640, n: 640, k: 640 } },
  packed: { variant: "packed-blocked", shape: { m: 1024, n: 1024, k: 1024 } },
  direct: { variant: "direct-4x16", shape: { m: 640, n: 640, k: 640 } },
  dots: { variant: "auto", shape: { m: 1024, n: 4, k: 1024 } },
} as const;

/** Kernels made in a process: enough that the last thirty find optimised code. */
const kernels = 60;
const settled = 30;
const processes = 5;

interface Times {
  /** Milliseconds that asking for the CPU took, koffi's loading included. */
  readonly asking: number;
  readonly first: number;
  readonly warm: number;
}

function timesHere(way: keyof typeof ways, isa: NativeIsa): Times {
  const asked = performance.now();
  nativeAvailability();
  const asking = performance.now() - asked;
  const samples = Array.from({ length: kernels }, () => {
    const memory = new Memory(2 ** 23);
    const began = performance.now();
    createGemm({ ...ways[way], target: "native", memory, isa });
    return performance.now() - began;
  });
  return { asking, first: samples[0] ?? Number.NaN, warm: median(samples.slice(-settled)) };
}

function timesOfProcess(way: string, isa: string): Times {
  const child = spawnSync(process.execPath, [fileURLToPath(import.meta.url), way, isa], { encoding: "utf8" });
  if (child.status !== 0) throw new Error(`making ${way} for ${isa} failed: ${child.stderr}`);
  return JSON.parse(child.stdout) as Times;
}

function report(): void {
  const availability = nativeAvailability();
  if (!availability.available) {
    console.log(`Machine code cannot run here: ${availability.reason}.`);
    return;
  }
  console.log(
    `${availability.cpu.brand}, load ${loadavg()[0]?.toFixed(1)}; medians of ${processes} processes`,
  );
  for (const isa of availability.isa === "avx512" ? ["avx512", "avx2"] : ["avx2"])
    for (const way of Object.keys(ways)) {
      const times = Array.from({ length: processes }, () => timesOfProcess(way, isa));
      const of = (part: keyof Times): number => median(times.map((each) => each[part]));
      const text = (part: keyof Times): string => of(part).toFixed(1).padStart(6);
      const verdict = (part: keyof Times): string => (of(part) < 5 ? "holds" : "MISSED");
      console.log(
        `${isa.padEnd(7)}${way.padEnd(7)} asking ${text("asking")} ms, first ${text("first")} ms (under 5: ${verdict("first")}), warm ${text("warm")} ms (under 5: ${verdict("warm")})`,
      );
    }
}

const [, , way, isa] = process.argv;
if (way && isa) console.log(JSON.stringify(timesHere(way as keyof typeof ways, isa as NativeIsa)));
else report();
