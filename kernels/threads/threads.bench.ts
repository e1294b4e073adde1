/**
 * Prints what a team costs and what it brings: the latency of an empty job, what packing costs beside multiplying, and
 * GEMM on several threads against one. Run: node kernels/threads/threads.bench.ts [threads] [target] (default: all
 * cores, wasm). Rounds are paired: each round runs both once, in changing order; shown are medians of the ratios of
 * one round, with their 95 % intervals.
 */
import { availableParallelism } from "node:os";
import { compile, type KernelTarget } from "../codegen/compile.ts";
import { Memory } from "../codegen/memory.ts";
import { createGemm, type Gemm } from "../gemm/gemm.ts";
import { planGemm } from "../gemm/variants.ts";
import { multiplyAddPeak, peakTargetOf } from "../measure/peak.ts";
import { pairedRatio } from "../measure/statistics/interval.ts";
import { median } from "../measure/statistics/order.ts";
import { randomStream } from "../random.ts";
import { Team } from "./team.ts";

/** What the project promises for two threads on the native target at 1024 and above. */
const promised = { threads: 2, target: "native", ratio: 1.85, from: 1024 } as const;

const sides = [512, 1024, 2048];
const rounds = 31;
const warmUpSeconds = 0.5;

const threads = Number(process.argv[2] ?? availableParallelism());
const target = (process.argv[3] ?? "wasm") as KernelTarget;

const seconds = (work: () => void): number => {
  const began = performance.now();
  work();
  return (performance.now() - began) / 1000;
};

/**
 * Seconds of both, round by round; who begins changes. Each is called once untimed before: the other has filled the
 * caches, and the members have slept meanwhile.
 */
function paired(one: () => void, several: () => void): [number[], number[]] {
  for (const work of [one, several]) for (let spent = 0; spent < warmUpSeconds; ) spent += seconds(work);
  const times: [number[], number[]] = [[], []];
  for (let round = 0; round < rounds; round++)
    for (const which of round % 2 === 0 ? ([0, 1] as const) : ([1, 0] as const)) {
      const work = which === 0 ? one : several;
      work();
      times[which].push(seconds(work));
    }
  return times;
}

const figures = ({ value, low, high }: { value: number; low: number; high: number }): string =>
  `${value.toFixed(3)} [${low.toFixed(3)}, ${high.toFixed(3)}]`;

function latency(): void {
  const team = new Team(threads, new URL("./team-worker.fixture.ts", import.meta.url));
  const task = team.prepare(
    "nothing",
    () => null,
    () => {},
  );
  const jobs = 1000;
  const close = Array.from({ length: rounds }, () => {
    return seconds(() => {
      for (let job = 0; job < jobs; job++) task.run();
    });
  });
  const pause = new Int32Array(new SharedArrayBuffer(4));
  const asleep = Array.from({ length: 200 }, () => {
    Atomics.wait(pause, 0, 0, 2);
    return seconds(() => task.run());
  });
  const micros = (values: number[], each: number): string =>
    `${((median(values) / each) * 1e6).toFixed(1)} us`;
  console.log(`empty job on ${threads} threads: ${micros(close, jobs)} one after the other,`);
  console.log(`  ${micros(asleep, 1)} after 2 ms of rest, when the members sleep`);
  void team.end();
}

/** Multiply-adds in whose time the finished kernel packs one element: what `packingCost` of partition.ts stands for. */
function packing(): void {
  const n = 1024;
  const { kernels, memory, call } = product(n);
  const { macro, acrossA, alongB } = kernels();
  const [rows, columns, depth] = [96, n, 512];
  const packedA = memory.allocate("f32", rows * depth + 64).address;
  const packedB = memory.allocate("f32", columns * depth + 64).address;
  const edge = memory.allocate("f32", 64).address;
  const typical = (work: () => void): number => median(Array.from({ length: 200 }, () => seconds(work)));
  const multiply = typical(() => macro?.(rows, columns, depth, 1, 0, packedA, packedB, call.c, n, edge));
  const each = multiply / (rows * columns * depth);
  const a = typical(() => acrossA?.(rows, depth, call.a, n, packedA)) / (rows * depth);
  const b = typical(() => alongB?.(columns, depth, call.b, n, packedB)) / (columns * depth);
  console.log(
    `packing an element takes the time of ${(a / each).toFixed(0)} (A) and ${(b / each).toFixed(0)} (B) multiply-adds`,
  );
}

interface Room {
  readonly view: Float32Array;
  readonly address: number;
}

function product(n: number) {
  const shape = { m: n, n, k: n };
  const memory = new Memory(12 * n * n + (threads + 2) * 2 ** 23, { shared: true });
  const [a, b, c] = [0, 1, 2].map(() => memory.allocate("f32", n * n)) as [Room, Room, Room];
  for (const { view } of [a, b]) for (let i = 0; i < view.length; i++) view[i] = Math.sin(i * 1.7);
  const call = { ...shape, a: a.address, b: b.address, c: c.address };
  const make = (count: number): Gemm =>
    createGemm({ variant: "packed-blocked", target, memory, shape, threads: count });
  return {
    ...{ memory, call },
    run: (count: number): (() => void) => {
      const gemm = make(count);
      return () => gemm.run(call);
    },
    kernels: () =>
      Object.fromEntries(
        Object.entries(planGemm("packed-blocked").programs).map(([name, program]) => [
          name,
          compile(program, target, memory).call,
        ]),
      ),
  };
}

function speedUp(n: number): void {
  const { run } = product(n);
  const [one, several] = paired(run(1), run(threads));
  const ratio = pairedRatio(one, several, randomStream(n));
  const rate = (times: number[]): string => ((2 * n ** 3) / median(times) / 1e9).toFixed(1);
  const judged = promised.target === target && promised.threads === threads && n >= promised.from;
  const verdict =
    ratio.low >= promised.ratio ? "holds" : ratio.high < promised.ratio ? "MISSED" : "cannot tell";
  console.log(
    `${n}x${n}x${n}, ${target}: ${rate(one)} -> ${rate(several)} GFLOP/s, ratio ${figures(ratio)}` +
      (judged ? `  (at least ${promised.ratio}: ${verdict})` : ""),
  );
}

/** What two threads could be worth at best on this machine, at this moment. */
function ceiling(): void {
  const [one, several] = paired(
    multiplyAddPeak(1, peakTargetOf(target)).run as () => void,
    multiplyAddPeak(threads, peakTargetOf(target)).run as () => void,
  );
  const ratio = pairedRatio(
    one.map((time) => time * threads),
    several,
    randomStream(1),
  );
  console.log(`multiply-add peak: ${threads} threads do ${figures(ratio)} times the work of one`);
}

latency();
packing();
ceiling();
for (const side of sides) speedUp(side);
