/**
 * GEMM f32 against onnxruntime-web and TensorFlow.js, all on WebAssembly with one thread, in interleaved rounds.
 * Run: node kernels/peers/gemm.bench.ts [side …] (default: 512 1024), after npm install in kernels/peers.
 * The peers' times include handing out the result, which is how they are called; ours leaves C in memory.
 */
import { Memory } from "../codegen/memory.ts";
import { createGemm } from "../gemm/gemm.ts";
import { differsFromReference, referenceGemm } from "../gemm/reference.ts";
import { type Engine, onnxRuntime, tensorFlow } from "./engines.ts";

/** The figure that the project promises. */
const promisedRatio = 1.2;
const rounds = 21;
/** Calls before timing: V8 compiles hot WebAssembly again within a few calls. */
const warmUpCalls = 12;

const median = (values: readonly number[]): number =>
  [...values].sort((left, right) => left - right)[values.length >> 1] as number;

function ours(n: number, a: Float32Array, b: Float32Array): Engine {
  const memory = new Memory(3 * 4 * n * n + (1 << 24));
  const gemm = createGemm({ variant: "packed-blocked", target: "wasm", memory, shape: { m: n, n, k: n } });
  const [left, right, c] = [0, 1, 2].map(() => memory.allocate("f32", n * n)) as [Room, Room, Room];
  left.view.set(a);
  right.view.set(b);
  return {
    name: "kdaccel packed-blocked",
    multiply: async () => {
      gemm.run({ m: n, n, k: n, a: left.address, b: right.address, c: c.address });
      return c.view;
    },
  };
}
type Room = { view: Float32Array; address: number };

async function compare(n: number): Promise<void> {
  const [a, b] = [1.7, 2.3].map((step) =>
    Float32Array.from({ length: n * n }, (_, i) => Math.sin(i * step)),
  ) as [Float32Array, Float32Array];
  const engines = [ours(n, a, b), await onnxRuntime(n, a, b), await tensorFlow(n, a, b)];
  const reference = referenceGemm({ m: n, n, k: n, a, b });
  for (const { name, multiply } of engines) {
    const wrong = differsFromReference(reference, await multiply());
    if (wrong) throw new Error(`${name}: ${wrong}`);
    for (let i = 0; i < warmUpCalls; i++) await multiply();
  }
  const times = engines.map((): number[] => []);
  for (let r = 0; r < rounds; r++)
    for (const [e, { multiply }] of engines.entries()) {
      const start = performance.now();
      await multiply();
      times[e]?.push((performance.now() - start) / 1000);
    }
  console.log(`\n${n}x${n}x${n}, f32, WebAssembly, one thread, ${rounds} rounds, medians`);
  for (const [e, { name }] of engines.entries()) {
    const own = times[e] as number[];
    const rate = (2 * n ** 3) / median(own) / 1e9;
    const ratio = median(own.map((time, r) => time / (times[0]?.[r] as number)));
    const holds =
      e === 0
        ? ""
        : `  ours is ${ratio.toFixed(2)}x as fast (over ${promisedRatio}x: ${ratio > promisedRatio ? "holds" : "MISSED"})`;
    console.log(`${name.padEnd(24)}${rate.toFixed(1).padStart(6)} GFLOP/s${holds}`);
  }
}

try {
  const sides = process.argv.slice(2).map(Number);
  for (const side of sides.length > 0 ? sides : [512, 1024]) await compare(side);
} catch (error) {
  if ((error as { code?: string }).code !== "ERR_MODULE_NOT_FOUND") throw error;
  console.error("The peers are not installed: run `npm install --prefix kernels/peers` and try again.");
  process.exitCode = 5;
}
