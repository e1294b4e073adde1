/**
 * The best algorithm of each layer against onnxruntime-node and onnxruntime-web, float32, one image, one thread, in the
 * same rounds: times, paired ratios and their geometric means; and how often the chooser's first choice was the best.
 * Run: node kernels/conv/conv.bench.ts [resnet50 | vgg16 | mobilenet] (default: resnet50, some minutes). On a crowded
 * machine a long call loses its turn more often than a short one: the load is printed.
 */
import { loadavg } from "node:os";
import type { Measurement, Target, VariantRef } from "../experiment.ts";
import type { Race } from "../measure/race.ts";
import { nativeAvailability } from "../native/availability.ts";
import { findPeers, peerById } from "../peers/peers.ts";
import { rankAlgorithms } from "./choose.ts";
import { problemOf } from "./convolution.ts";
import { type NetworkConvolution, networks } from "./networks/networks.ts";
import { raceLayer } from "./race.ts";
import { shapeText } from "./shape.ts";

const peerIds = ["onnxruntime-node", "onnxruntime-web"] as const;

/** The figures that the project is to reach on ResNet-50, as geometric means over its distinct layers. */
const wanted = [
  { target: "native", peer: "onnxruntime-node", least: 1.3 },
  { target: "native", peer: "onnxruntime-web", least: 3 },
  { target: "wasm", peer: "onnxruntime-web", least: 1.2 },
] as const;

/** Algorithms of each target that take part in a layer's race: the first ones as the chooser ranks them. */
const contestants = 3;
const leastRounds = 9;
const secondsPerLayer = 1.2;

interface Row {
  readonly layer: NetworkConvolution;
  readonly race: Race;
  /** By target, as ranked before the race. */
  readonly ranked: Readonly<Record<string, readonly VariantRef[]>>;
}

const targets: readonly Target[] = nativeAvailability().available ? ["native", "wasm"] : ["wasm"];

function rankedOn(target: Target, { shape }: NetworkConvolution): readonly VariantRef[] {
  if (target === "peer") return [];
  return rankAlgorithms(problemOf({ layout: "nchw", shape, target }))
    .slice(0, contestants)
    .map(({ algorithm }) => ({ variant: algorithm, target }));
}

const secondsOf = ({ race }: Row, ref: VariantRef): number =>
  race.find(ref, "time")?.value ?? Number.POSITIVE_INFINITY;

/** The fastest of a target as measured. */
function bestOn(row: Row, target: Target): VariantRef | undefined {
  return [...(row.ranked[target] ?? [])].sort((a, b) => secondsOf(row, a) - secondsOf(row, b))[0];
}

function ratioOf(row: Row, target: Target, peer: string): Measurement | undefined {
  const best = bestOn(row, target);
  return best && row.race.find(best, "speed-up", { variant: peer, target: "peer" });
}

function geometricMean(values: readonly number[]): number {
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
}

async function raced(layer: NetworkConvolution, here: readonly VariantRef[]): Promise<Row> {
  const ranked = Object.fromEntries(targets.map((target) => [target, rankedOn(target, layer)]));
  const ours = Object.values(ranked).flat();
  const pairs = ours.flatMap((ref) => here.map((peer) => [ref, peer] as const));
  const options = { pairs, leastRounds, seconds: secondsPerLayer };
  return { layer, ranked, race: await raceLayer(layer, [...ours, ...here], options) };
}

function print(row: Row, here: readonly VariantRef[]): void {
  const best = targets.map((target) => {
    const ref = bestOn(row, target);
    const share = ref && row.race.find(ref, "peak-fraction")?.value;
    const seconds = ref ? secondsOf(row, ref) : Number.NaN;
    return `${target} ${(ref?.variant ?? "-").padEnd(13)}${(1e6 * seconds).toFixed(0).padStart(7)} µs${share ? `${(100 * share).toFixed(0).padStart(4)} %` : ""}`;
  });
  const ratios = here.flatMap(({ variant }) =>
    targets.map((target) => {
      const m = ratioOf(row, target, variant);
      return `${target}/${variant.replace("onnxruntime-", "")} ${m ? m.value.toFixed(2) : "-"}`;
    }),
  );
  console.log(
    `${row.layer.name.padEnd(28)}${shapeText(row.layer.shape).padEnd(30)}${best.join("  ")}  ${ratios.join("  ")}`,
  );
  for (const { variant, message } of row.race.failures) console.log(`  ${variant}: ${message}`);
}

/** Hits of the first choice, and the time that it costs over the best: the mean and the worst. */
function printChoices(rows: readonly Row[]): void {
  for (const target of targets) {
    const regrets = rows.flatMap((row) => {
      const [first] = row.ranked[target] ?? [];
      const best = bestOn(row, target);
      return first && best ? [secondsOf(row, first) / secondsOf(row, best)] : [];
    });
    const hits = regrets.filter((regret) => regret === 1).length;
    console.log(
      `first choice on ${target}: the best of ${contestants} on ${hits} of ${regrets.length} layers; ` +
        `${geometricMean(regrets).toFixed(3)} times the best time on average, ${Math.max(...regrets).toFixed(2)} at worst`,
    );
  }
}

function printMeans(rows: readonly Row[], here: readonly VariantRef[], judged: boolean): void {
  for (const { variant } of here)
    for (const target of targets) {
      const ratios = rows.flatMap((row) => ratioOf(row, target, variant)?.value ?? []);
      if (ratios.length === 0) continue;
      const mean = geometricMean(ratios);
      const goal = wanted.find((each) => each.target === target && each.peer === variant);
      const verdict =
        judged && goal ? `  (at least ${goal.least}: ${mean >= goal.least ? "holds" : "MISSED"})` : "";
      console.log(
        `${target} over ${variant}, geometric mean of ${ratios.length} layers: ${mean.toFixed(2)}${verdict}`,
      );
    }
}

async function main(): Promise<void> {
  const [id = "resnet50"] = process.argv.slice(2);
  const network = networks.find((each) => each.id === id);
  if (!network)
    throw new RangeError(`expected one of ${networks.map((each) => each.id).join(", ")}; found ${id}`);
  const { found, missing } = await findPeers(peerIds.map(peerById));
  for (const { peer, version, detail } of found) console.log(`${peer} ${version}: ${detail}`);
  for (const text of missing) console.log(text);
  const here = found.map(({ peer }): VariantRef => ({ variant: peer, target: "peer" }));
  console.log(`${network.title}, ${network.source}; one image, load ${loadavg()[0]?.toFixed(1)}`);
  const rows: Row[] = [];
  for (const layer of network.layers) {
    const row = await raced(layer, here);
    rows.push(row);
    print(row, here);
  }
  printChoices(rows);
  printMeans(rows, here, id === "resnet50");
}

await main();
