/**
 * Prints how fast attention is: the chain of product, softmax and product, the same in one kernel, and its gradients, for
 * heads of width 64. Run: node kernels/attention/attention.bench.ts. Each round runs every way once; shown are medians over
 * rounds, ratios taken round by round. Times are those of the processor, not of the clock: on a busy machine a long call
 * loses its turn more often than a short one.
 */
import type { KernelTarget } from "../codegen/compile.ts";
import { Memory } from "../codegen/memory.ts";
import { nativeAvailability } from "../native/availability.ts";
import type { NativeIsa } from "../native/cpu-features.ts";
import { randomStream } from "../random.ts";
import { createAttention } from "./attention.ts";
import { createAttentionChain } from "./chain.ts";

const width = 64;
const lengths = [256, 512, 1024, 2048, 4096];
const rounds = 15;
/** A round takes at least so long, so that a short way runs several times. */
const leastSeconds = 0.02;

interface Machine {
  readonly target: KernelTarget;
  readonly isa?: NativeIsa;
}

const availability = nativeAvailability();
const machines: readonly Machine[] = [
  { target: "wasm" },
  ...(availability.available ? [{ target: "native", isa: "avx2" } as const] : []),
  ...(availability.available && availability.isa === "avx512"
    ? [{ target: "native", isa: "avx512" } as const]
    : []),
];

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[values.length >> 1] as number;

/** Seconds of the processor that one call takes. */
function seconds(run: () => void, times: number): number {
  const before = process.cpuUsage();
  for (let i = 0; i < times; i++) run();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6 / times;
}

interface Ways {
  readonly chain: () => void;
  readonly fused: () => void;
  readonly backward: () => void;
}

function waysOf(machine: Machine, length: number, causal: boolean): Ways {
  const elements = length * width;
  const memory = new Memory(4 * length * length + 80 * elements + 2 ** 24);
  const random = randomStream(length);
  const operand = (): number => {
    const { view, address } = memory.allocate("f32", elements);
    for (let i = 0; i < elements; i++) view[i] = 4 * random() - 2;
    return address;
  };
  const args = { q: operand(), k: operand(), v: operand(), o: operand() };
  const gradients = { gradO: operand(), gradQ: operand(), gradK: operand(), gradV: operand() };
  const lse = memory.allocate("f32", length).address;
  const shape = { batch: 1, heads: 1, queries: length, keys: length, width };
  const options = { ...machine, shape, causal, memory };
  const [attention, chain] = [createAttention(options), createAttentionChain(options)];
  return {
    chain: () => chain.forward(args),
    fused: () => attention.forward({ ...args, lse }),
    backward: () => attention.backward({ ...args, ...gradients, lse }),
  };
}

function measure(machine: Machine, length: number, causal: boolean): void {
  const ways = waysOf(machine, length, causal);
  const kinds = ["chain", "fused", "backward"] as const;
  const times = kinds.map((kind) => {
    ways[kind]();
    return Math.max(1, Math.ceil(leastSeconds / Math.max(1e-5, seconds(ways[kind], 1))));
  });
  const samples = kinds.map((): number[] => []);
  for (let round = 0; round < rounds; round++)
    for (const [at, kind] of kinds.entries()) samples[at]?.push(seconds(ways[kind], times[at] as number));
  const [chain, fused, backward] = samples as [number[], number[], number[]];
  const ratio = median(chain.map((each, round) => each / (fused[round] as number)));
  // Two products forward, five backward; causality halves them.
  const operations = (products: number): number =>
    (products * 2 * length * length * width) / (causal ? 2 : 1);
  const text = (spent: readonly number[], products: number): string =>
    `${(1e3 * median(spent)).toFixed(2)} ms ${(operations(products) / median(spent) / 1e9).toFixed(0)} GFLOP/s`;
  const name = `${machine.isa ?? machine.target}${causal ? " causal" : ""}`;
  console.log(
    `${name.padEnd(16)} ${String(length).padStart(5)}  chain ${text(chain, 2)}  one kernel ${text(fused, 2)}  ` +
      `${ratio.toFixed(2)}x  gradients ${text(backward, 5)}`,
  );
}

for (const machine of machines)
  for (const causal of [false, true]) for (const length of lengths) measure(machine, length, causal);
