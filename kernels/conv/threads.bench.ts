/**
 * What a second thread brings each algorithm: times alone and on two threads in the same rounds, natively where that is
 * to be had. Run: node kernels/conv/threads.bench.ts [layer …], layers as `64x56x56:64x3x3:p1` (layer-text.ts).
 * On a machine with less than two idle cores the median says what the others do; the fastest tenth says what the cut is
 * worth. Beside it the multiply-add loop, which shares nothing.
 */
import { loadavg } from "node:os";
import { Memory } from "../codegen/memory.ts";
import { fillRandom } from "../gemm/contest.ts";
import { multiplyAddPeak } from "../measure/peak.ts";
import { nativeAvailability } from "../native/availability.ts";
import { randomStream } from "../random.ts";
import { endTeams } from "../threads/team.ts";
import type { ConvAlgorithmId } from "./algorithm.ts";
import { rankAlgorithms } from "./choose.ts";
import { convolutionBytes, createConvolution, problemOf } from "./convolution.ts";
import { layerOf } from "./layer-text.ts";
import { inputLength, type Layout, layouts, outputLength, weightsLength } from "./shape.ts";
import { convVariant } from "./way.ts";

const threads = 2;
const target = nativeAvailability().available ? "native" : "wasm";
const asked = process.argv.slice(2);
const texts =
  asked.length > 0 ? asked : ["64x56x56:64x3x3:p1", "256x28x28:128x1x1", "256x56x56:256x3x3:p1g256"];
const rounds = 61;
/** Algorithms of each layout that take part: the first ones as the chooser ranks them. */
const contestantsOfLayout = 6;
const warmUps = 10;

interface Contestant {
  readonly name: string;
  readonly one: () => unknown;
  readonly two: () => unknown;
}

function runs(text: string, algorithm: ConvAlgorithmId, layout: Layout, by: number) {
  const { shape } = layerOf(text);
  const options = { algorithm, layout, shape, target, threads: by } as const;
  const memory = new Memory(convolutionBytes(options) + 4096, { shared: by > 1 });
  const [input, weights, output] = [inputLength(shape), weightsLength(shape), outputLength(shape)].map(
    (length) => {
      const { view, address } = memory.allocate("f32", length);
      fillRandom(view, randomStream(length));
      return address;
    },
  ) as [number, number, number];
  const made = createConvolution({ ...options, memory });
  made.prepare(weights);
  return () => made.run({ input, output });
}

function contestants(text: string): Contestant[] {
  const { shape } = layerOf(text);
  const [one, two] = [multiplyAddPeak(1, target), multiplyAddPeak(threads, target)];
  const loop: Contestant = { name: "multiply-add loop", one: one.run, two: two.run };
  const ways = layouts.flatMap((layout) =>
    rankAlgorithms(problemOf({ layout, shape, target }))
      .slice(0, contestantsOfLayout)
      .map(({ algorithm }) => ({
        name: convVariant(algorithm, layout),
        ...{ one: runs(text, algorithm, layout, 1), two: runs(text, algorithm, layout, threads) },
      })),
  );
  return [loop, ...ways];
}

function seconds(run: () => unknown): number {
  // A thread that sleeps is slow to come back: the first call wakes it.
  run();
  const start = performance.now();
  run();
  return (performance.now() - start) / 1000;
}

for (const text of texts) {
  console.log(`${text} ${target}, load ${loadavg()[0]?.toFixed(1)}`);
  const all = contestants(text).map((each) => ({ ...each, ones: [] as number[], twos: [] as number[] }));
  for (let round = -warmUps; round < rounds; round++)
    for (const { one, two, ones, twos } of all) {
      const [alone, together] = [seconds(one), seconds(two)];
      if (round < 0) continue;
      ones.push(alone);
      twos.push(together);
    }
  for (const { name, ones, twos } of all) {
    // The loop does so many times the work on so many threads.
    const work = name === "multiply-add loop" ? threads : 1;
    const gain = (quantile: number): string => {
      const [alone, together] = [ones, twos].map(
        (times) => [...times].sort((a, b) => a - b)[Math.floor(quantile * rounds)] as number,
      ) as [number, number];
      return `${(1e6 * alone).toFixed(0).padStart(7)} µs ${((work * alone) / together).toFixed(2)}x`;
    };
    console.log(`  ${name.padEnd(20)} median ${gain(0.5)}   fastest tenth ${gain(0.1)}`);
  }
}
await endTeams();
