/**
 * What machine code reaches on this core: shares of its own peak with AVX-512 and with AVX2, what a tiny call costs, and
 * GEMV, dot and axpy against the streaming bandwidth (what making a kernel costs: making.bench.ts).
 * Run: node kernels/gemm/native.bench.ts
 */
import { loadavg } from "node:os";
import { compile } from "../codegen/compile.ts";
import { Memory } from "../codegen/memory.ts";
import type { Candidate, VariantRef } from "../experiment.ts";
import { createBench } from "../measure/bench.ts";
import {
  multiplyAddData,
  multiplyAddFlops,
  multiplyAddLoop,
  streamBytes,
  streamLoop,
} from "../measure/peak-programs.ts";
import { median } from "../measure/statistics/order.ts";
import { nativeAvailability } from "../native/availability.ts";
import type { NativeIsa } from "../native/cpu-features.ts";
import { createGemm } from "./gemm.ts";
import { createGemv } from "./gemv.ts";
import { axpyProgram, dotProgram } from "./programs/vectors.ts";
import { raceProducts, shapeName } from "./race.ts";

const availability = nativeAvailability();
if (!availability.available) {
  console.log(`Machine code cannot run here: ${availability.reason}.`);
  process.exit(0);
}
const levels: readonly NativeIsa[] = availability.isa === "avx512" ? ["avx2", "avx512"] : ["avx2"];
const lanesOf = { avx2: 8, avx512: 16 } as const;
const passes = 1 << 16;
console.log(`${availability.cpu.brand}, load ${loadavg()[0]?.toFixed(1)}`);

/** The multiply-add loop of one level, which the widest one's share would not be fair to. */
function peakOf(isa: NativeIsa): Candidate {
  const shape = { element: "f32", lanes: lanesOf[isa] } as const;
  const memory = new Memory(4096);
  const data = memory.allocate("f32", multiplyAddData(shape));
  const { call } = compile(multiplyAddLoop(shape), "native", memory, { isa });
  return {
    ...{ variant: `peak-${isa}`, target: "native" },
    run: () => call(passes, data.address),
    flops: multiplyAddFlops(shape, passes),
  };
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
const goal = (holds: boolean, text: string): string => `(${text}: ${holds ? "holds" : "MISSED"})`;

for (const side of [1024, 2048]) {
  const shape = { m: side, n: side, k: side };
  const refs = levels.map((isa): VariantRef => ({ variant: `packed-blocked-${isa}`, target: "native" }));
  const peaks = levels.map(peakOf);
  const pairs = refs.map((ref, i) => [ref, peaks[i] as Candidate] as const);
  const race = await raceProducts(shape, refs, { beside: peaks, pairs, ceiling: false, leastRounds: 21 });
  for (const [i, ref] of refs.entries()) {
    const peak = peaks[i] as Candidate;
    const faster = race.find(ref, "speed-up", peak)?.value ?? Number.NaN;
    const share = (faster * 2 * side ** 3) / (peak.flops ?? Number.NaN);
    const rate = race.find(ref, "throughput")?.value.toFixed(1);
    console.log(
      `${shapeName(shape)} ${ref.variant} ${rate} GFLOP/s, ${percent(share)} of its peak ${goal(share >= 0.85, "at least 85 %")}`,
    );
  }
}

const calls = 20_000;
{
  const memory = new Memory(65536);
  const [a, b, c] = [0, 1, 2].map(() => memory.allocate("f32", 256).address) as [number, number, number];
  const shape = { m: 16, n: 16, k: 16 };
  const gemm = createGemm({ variant: "auto", target: "native", memory, shape });
  const call = { ...shape, a, b, c };
  const samples: number[] = [];
  for (let round = 0; round < 30; round++) {
    const began = performance.now();
    for (let i = 0; i < calls; i++) gemm.run(call);
    samples.push(((performance.now() - began) / calls) * 1e3);
  }
  const microseconds = median(samples);
  console.log(
    `a call on 16x16x16: ${microseconds.toFixed(2)} µs ${goal(microseconds < 1.5, "under 1.5 µs")}`,
  );
}

const length = 2 ** 24;
{
  const memory = new Memory(3 * 4 * length + 4096);
  const [x, y, z] = [0, 1, 2].map(() => memory.allocate("f32", length).address) as [number, number, number];
  const result = memory.allocate("f32", 16).address;
  const lanes = lanesOf[availability.isa];
  const stream = compile(streamLoop({ element: "f32", lanes }), "native", memory);
  const axpy = compile(axpyProgram("f32", lanes), "native", memory);
  const dot = compile(dotProgram("f32", lanes), "native", memory);
  const gemv = createGemv({ variant: "gemv-dot-simd", target: "native", memory });
  const side = 4096;
  const timed = (variant: string, bytes: number, run: () => void): Candidate => ({
    variant,
    target: "native",
    run,
    bytes,
  });
  const candidates = [
    timed("triad", streamBytes("f32", length), () => stream.call(length, z, x, y, 3)),
    timed("axpy", 3 * 4 * length, () => axpy.call(length, 0.5, x, y)),
    timed("dot", 2 * 4 * length, () => dot.call(length, x, y, result)),
    timed("gemv", 4 * side * side, () => gemv.run({ m: side, n: side, a: x, x: y, y: z })),
  ];
  const rates = new Map<string, number>();
  const bench = createBench({
    experiment: "native",
    cell: { workload: "streams", variants: candidates, seconds: 10 },
    settings: { profile: "standard", seed: 1, targets: ["native"] },
    excluded: [],
    emit: (event) => {
      if (event.type === "measurement" && event.metric === "bandwidth") rates.set(event.variant, event.value);
    },
  });
  await bench.compare(candidates, { ceiling: false, leastRounds: 21 });
  const ceiling = rates.get("triad") ?? Number.NaN;
  for (const [name, rate] of rates)
    console.log(
      `${name} ${rate.toFixed(1)} GB/s, ${percent(rate / ceiling)} of the triad ${name === "triad" ? "" : goal(rate / ceiling >= 0.9, "at least 90 %")}`,
    );
}
