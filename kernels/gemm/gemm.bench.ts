/**
 * Prints the figures of GEMM f32 on wasm, one thread: GFLOP/s and share of the multiply-add peak that is measured in
 * the same rounds. Run: node kernels/gemm/gemm.bench.ts [side …] (default: 512 1024).
 * Each round runs the peak loop and then every variant once; shown are medians over rounds, ratios taken round by round.
 */
import { Memory } from "../codegen/memory.ts";
import type { Candidate } from "../experiment.ts";
import { multiplyAddPeak } from "../measure/peak.ts";
import { createGemm } from "./gemm.ts";
import { differsFromReference, referenceGemm } from "./reference.ts";

/** The ladder, and the micro-kernel shapes next to the chosen one. */
const variants = [
  "naive-ijk",
  "loop-ikj",
  "loop-ikj-simd",
  "blocked-simd",
  "register-4x8-simd",
  "register-6x8-simd-blocked",
  "packed",
  "packed-blocked",
  "micro-4x8",
  "micro-5x8",
  "micro-3x12",
  "micro-4x12",
  "micro-2x16",
];

/** The figure that the project promises for the last step of the ladder. */
const promised = { variant: "packed-blocked", share: 0.7 };

/** Seconds of warming up a variant: V8 compiles hot WebAssembly again in the background, within a few calls. */
const warmUpSeconds = 0.4;
const roundSeconds = 12;
const leastRounds = 7;
const mostRounds = 41;

const median = (values: readonly number[]): number =>
  [...values].sort((left, right) => left - right)[values.length >> 1] as number;

function seconds(run: () => void): number {
  const start = performance.now();
  run();
  return (performance.now() - start) / 1000;
}

/** One product of side n for every variant, on the same operands; checked before it is timed. */
function candidates(n: number): Candidate[] {
  const shape = { m: n, n, k: n };
  const memory = new Memory(4 * 4 * n * n + variants.length * (1 << 23));
  const [a, b, c] = [0, 1, 2].map(() => memory.allocate("f32", n * n)) as [Room, Room, Room];
  for (const { view } of [a, b]) for (let i = 0; i < view.length; i++) view[i] = Math.sin(i * 1.7);
  const reference = referenceGemm({ ...shape, a: a.view, b: b.view });
  return variants.map((variant) => {
    const gemm = createGemm({ variant, target: "wasm", memory, shape });
    const run = (): void => gemm.run({ ...shape, a: a.address, b: b.address, c: c.address });
    c.view.fill(Number.NaN);
    run();
    const wrong = differsFromReference(reference, c.view);
    if (wrong) throw new Error(`${variant}: ${wrong}`);
    return { variant, target: "wasm", run, flops: 2 * n ** 3 };
  });
}
type Room = { view: Float32Array; address: number };

function compare(n: number): void {
  const peak = multiplyAddPeak();
  const all = [peak, ...candidates(n)];
  const typical = all.map(({ run }) => {
    let spent = 0;
    let last = 0;
    while (spent < warmUpSeconds) {
      last = seconds(run);
      spent += last;
    }
    return last;
  });
  const round = typical.reduce((sum, time) => sum + time, 0);
  const rounds = Math.max(leastRounds, Math.min(mostRounds, Math.floor(roundSeconds / round)));
  const rates = all.map((): number[] => []);
  for (let r = 0; r < rounds; r++)
    for (const [i, { run, flops = 0 }] of all.entries()) rates[i]?.push(flops / seconds(run) / 1e9);
  console.log(`\n${n}x${n}x${n}, f32, wasm, one thread, ${rounds} rounds`);
  console.log(`${"".padEnd(28)}GFLOP/s  share of peak`);
  for (const [i, { variant }] of all.entries()) {
    const own = rates[i] as number[];
    const share = median(own.map((rate, r) => rate / (rates[0]?.[r] as number)));
    const rate = median(own).toFixed(1).padStart(7);
    console.log(
      `${variant.padEnd(28)}${rate}  ${(100 * share).toFixed(1).padStart(5)} %${verdict(variant, share)}`,
    );
  }
}

function verdict(variant: string, share: number): string {
  if (variant !== promised.variant) return "";
  return share >= promised.share ? "  (at least 70 %: holds)" : "  (at least 70 %: MISSED)";
}

const sides = process.argv.slice(2).map(Number);
for (const side of sides.length > 0 ? sides : [512, 1024]) compare(side);
