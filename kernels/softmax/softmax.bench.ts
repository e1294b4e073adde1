/**
 * Prints softmax's share of streaming bandwidth: bytes read once and written once, against STREAM's triad of the same
 * rounds (measure/peak-programs.ts). Run: node kernels/softmax/softmax.bench.ts
 * Each call takes another piece of arrays that exceed every cache: a call of a third of a millisecond mostly keeps its
 * turn on a crowded machine, one over the whole arrays does not. Shown are medians of times, and the fastest twentieth.
 */
import { loadavg } from "node:os";
import { compile, type KernelTarget } from "../codegen/compile.ts";
import { Memory } from "../codegen/memory.ts";
import { streamBytes, streamLoop } from "../measure/peak-programs.ts";
import { nativeAvailability } from "../native/availability.ts";
import { randomStream } from "../random.ts";
import type { SoftmaxKind } from "./programs/rows.ts";
import { createSoftmax } from "./softmax.ts";
import { passVariants } from "./softmax-passes.experiment.ts";

const lengths = [1000, 30_000];
/** Least share for `stable` natively, which is what the project is to reach. */
const wanted = 0.7;
/** Whole rows of either length, 4 MB; the three arrays are 192 MB. */
const pieceLength = 1_020_000;
const pieces = 16;
/** Elements between pieces, a multiple of a cache line. */
const pieceStep = pieceLength + 64;
const rounds = 201;
const warmUps = 20;
const streamScalar = 3;

interface Contestant {
  readonly name: string;
  readonly bytes: number;
  /** Least share that is wanted. */
  readonly least?: number;
  /** `offset`: bytes from the arrays' beginnings to the piece. */
  run(offset: number): void;
}

const memory = new Memory(3 * 4 * pieces * pieceStep + 2 ** 16);
const arrays = [0, 1, 2].map(() => memory.allocate("f32", pieces * pieceStep));
const [x, y, z] = arrays.map(({ address }) => address) as [number, number, number];
const random = randomStream(1);
for (const { view } of arrays) for (let i = 0; i < view.length; i++) view[i] = 16 * random() - 8;

const triad = compile(streamLoop({ element: "f32", lanes: 4 }), "wasm", memory).call;
const stream: Contestant = {
  name: "triad",
  bytes: streamBytes("f32", pieceLength),
  run: (offset) => triad(pieceLength, z + offset, x + offset, y + offset, streamScalar),
};

function contestants(kind: SoftmaxKind, target: KernelTarget): Contestant[] {
  return passVariants.flatMap((algorithm) => {
    const softmax = createSoftmax({ kind, algorithm, target, memory });
    return lengths.map((n): Contestant => {
      const shape = { outer: pieceLength / n, n };
      return {
        name: `${target} ${kind} ${algorithm}, rows of ${n}`,
        bytes: 8 * pieceLength,
        ...(target === "native" && kind === "softmax" && algorithm === "stable" && { least: wanted }),
        run: (offset) => softmax.forward(shape, { input: x + offset, output: y + offset }),
      };
    });
  });
}

/** Sorted times in ms of each contestant, taken in turn. */
function raced(all: readonly Contestant[]): readonly (readonly number[])[] {
  const times = all.map((): number[] => []);
  let turn = 0;
  for (let round = -warmUps; round < rounds; round++)
    for (const [at, { run }] of all.entries()) {
      const offset = 4 * pieceStep * (turn++ % pieces);
      const start = performance.now();
      run(offset);
      if (round >= 0) times[at]?.push(performance.now() - start);
    }
  return times.map((each) => each.sort((a, b) => a - b));
}

const percent = (share: number): string => `${(100 * share).toFixed(0).padStart(3)} %`;

function report(target: KernelTarget, kind: SoftmaxKind): void {
  const all = [stream, ...contestants(kind, target)];
  const times = raced(all);
  /** GB/s at a quantile of the times. */
  const rate = (at: number, quantile: number): number =>
    (all[at] as Contestant).bytes / (times[at]?.[Math.floor(rounds * quantile)] as number) / 1e6;
  for (const [at, { name, least }] of all.entries()) {
    const figures = [0.5, 0.05].map((quantile) => {
      const share = rate(at, quantile) / rate(0, quantile);
      return { share, text: `${rate(at, quantile).toFixed(1).padStart(5)} GB/s ${percent(share)}` };
    });
    const texts = figures.map(({ text }) => text).join("   fastest: ");
    const reached = (figures[0]?.share as number) >= (least ?? 0) ? "reached" : "missed";
    console.log(`${name.padEnd(46)}${texts}${least ? `   at least ${percent(least)}: ${reached}` : ""}`);
  }
}

console.log(`load ${loadavg()[0]?.toFixed(1)}`);
const targets: KernelTarget[] = nativeAvailability().available ? ["native", "wasm"] : ["wasm"];
for (const target of targets) for (const kind of ["softmax", "log-softmax"] as const) report(target, kind);
