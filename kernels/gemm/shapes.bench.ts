/**
 * Our GEMM against OpenBLAS with its best core type and onnxruntime-node on 24 shapes, float32, one thread, in the same
 * rounds: rates, shares of this core's peaks, paired ratios, and their geometric means.
 * Run: node kernels/gemm/shapes.bench.ts [square | bert | resnet | skinny …] (default: all of them, some minutes).
 * On a crowded machine a long call loses its turn more often than a short one, which bends ratios between fast and slow
 * contestants: the load is printed, and a run at a load above the number of cores settles nothing.
 */
import { loadavg } from "node:os";
import type { Candidate, Measurement, VariantRef } from "../experiment.ts";
import { peakOf, peakTargetOf } from "../measure/peak.ts";
import type { Race } from "../measure/race.ts";
import { nativeAvailability } from "../native/availability.ts";
import { findPeers, peerById } from "../peers/peers.ts";
import { raceProducts, shapeName } from "./race.ts";
import { type BenchmarkShape, benchmarkShapes, type ShapeFamily, shapeFamilies } from "./shapes.ts";

/** The best that we have here. */
const ours: VariantRef = nativeAvailability().available
  ? { variant: "auto", target: "native" }
  : { variant: "packed-blocked", target: "wasm" };
const ourPeak = peakOf(1, peakTargetOf(ours.target));

const openBlas: VariantRef = { variant: "openblas", target: "peer" };
const onnxRuntime: VariantRef = { variant: "onnxruntime-node", target: "peer" };
/** The same product with k = 1: what a call of onnxruntime-node costs, its new array for the result included. */
const emptyCall: VariantRef = { variant: "onnxruntime-node-call", target: "peer" };

/** The figures that the project is to reach on one thread, as geometric means over all shapes. */
const wanted = [
  { against: openBlas, least: 1 },
  { against: onnxRuntime, least: 1.4 },
] as const;

const leastRounds = 11;
const secondsPerShape = 1.5;

/** One line of the table. */
interface Row {
  readonly shape: BenchmarkShape;
  readonly race: Race;
}

async function emptyCalls({ m, n }: BenchmarkShape): Promise<readonly Candidate[]> {
  const [a, b, c] = [m, n, m * n].map((length) => new Float32Array(length)) as [
    Float32Array,
    Float32Array,
    Float32Array,
  ];
  const { run } = await peerById(onnxRuntime.variant).prepare({ shape: { m, n, k: 1 }, a, b, c });
  return [{ ...emptyCall, run }];
}

const percent = (share: number | undefined): string =>
  share === undefined ? "" : (100 * share).toFixed(0).padStart(3);
const rateOf = ({ race }: Row, ref: VariantRef): number | undefined => race.find(ref, "throughput")?.value;
const shareOf = ({ race }: Row, ref: VariantRef): number | undefined =>
  race.find(ref, "peak-fraction")?.value;
const ratioOf = ({ race }: Row, against: VariantRef): Measurement | undefined =>
  race.find(ours, "speed-up", against);

/** The ratio if the other library's call cost nothing: what is left once an empty call is taken off. */
function netRatio({ race }: Row): number | undefined {
  const seconds = (ref: VariantRef): number | undefined => race.find(ref, "time")?.value;
  const [mine, theirs, call] = [seconds(ours), seconds(onnxRuntime), seconds(emptyCall)];
  return mine && theirs && call ? Math.max(0, theirs - call) / mine : undefined;
}

const interval = (m: Measurement | undefined): string =>
  m ? `${m.value.toFixed(2)} [${m.low.toFixed(2)}, ${m.high.toFixed(2)}]` : "-";

const columns: readonly (readonly [string, number, (row: Row) => string])[] = [
  ["shape", 16, ({ shape }) => shapeName(shape)],
  ["what", 40, ({ shape }) => shape.what],
  ["ours", 8, (row) => rateOf(row, ours)?.toFixed(1) ?? "wrong"],
  ["% peak", 7, (row) => percent(shareOf(row, ours))],
  ["OpenBLAS", 10, (row) => rateOf(row, openBlas)?.toFixed(1) ?? "-"],
  ["% peak", 7, (row) => percent(shareOf(row, openBlas))],
  ["ORT", 8, (row) => rateOf(row, onnxRuntime)?.toFixed(1) ?? "-"],
  ["ours/OpenBLAS", 22, (row) => interval(ratioOf(row, openBlas))],
  ["ours/ORT", 22, (row) => interval(ratioOf(row, onnxRuntime))],
  ["less call", 9, (row) => netRatio(row)?.toFixed(2) ?? "-"],
];

const line = (cells: readonly string[]): string =>
  cells
    .map((cell, i) => (i < 2 ? cell.padEnd(columns[i]?.[1] ?? 0) : cell.padStart(columns[i]?.[1] ?? 0)))
    .join("");

function geometricMean(values: readonly (number | undefined)[]): string {
  const known = values.filter((value) => value !== undefined && value > 0) as number[];
  if (known.length === 0) return "-";
  return Math.exp(known.reduce((sum, value) => sum + Math.log(value), 0) / known.length).toFixed(2);
}

function printMeans(rows: readonly Row[]): void {
  console.log(
    "\nGeometric means of the paired ratios: over OpenBLAS, over onnxruntime-node, the latter less its call",
  );
  for (const family of [...shapeFamilies, "all"] as const) {
    const own = rows.filter(({ shape }) => family === "all" || shape.family === family);
    if (own.length === 0) continue;
    const [blas, ort] = [openBlas, onnxRuntime].map((ref) =>
      geometricMean(own.map((row) => ratioOf(row, ref)?.value)),
    );
    console.log(
      `${family.padEnd(8)}${String(own.length).padStart(3)} shapes  ${blas}  ${ort}  ${geometricMean(own.map(netRatio))}`,
    );
  }
  if (rows.length < benchmarkShapes.length) return;
  for (const { against, least } of wanted) {
    const mean = geometricMean(rows.map((row) => ratioOf(row, against)?.value));
    const verdict = mean === "-" ? "not measured" : Number(mean) >= least ? "holds" : "MISSED";
    console.log(`at least ${least}x ${against.variant}: ${mean} (${verdict})`);
  }
}

async function main(): Promise<void> {
  const typed = process.argv.slice(2);
  const families = shapeFamilies.filter((family) => typed.includes(family));
  const chosen = (family: ShapeFamily): boolean => families.length === 0 || families.includes(family);
  const { found, missing } = await findPeers([peerById(openBlas.variant), peerById(onnxRuntime.variant)]);
  for (const { peer, version, detail } of found) console.log(`${peer} ${version}: ${detail}`);
  for (const text of missing) console.log(text);
  const here = [openBlas, onnxRuntime].filter((ref) => found.some(({ peer }) => peer === ref.variant));
  console.log(
    `ours: ${ours.variant} (${ours.target}); one thread, load ${loadavg()[0]?.toFixed(1)}; GFLOP/s`,
  );
  console.log(line(columns.map(([title]) => title)));
  const rows: Row[] = [];
  for (const shape of benchmarkShapes.filter(({ family }) => chosen(family))) {
    const calls = here.includes(onnxRuntime) ? await emptyCalls(shape) : [];
    const pairs = here.map((ref) => [ours, ref] as const);
    const options = { pairs, beside: calls, leastRounds, seconds: secondsPerShape };
    const row = { shape, race: await raceProducts(shape, [ours, ...here], options) };
    rows.push(row);
    console.log(line(columns.map(([, , text]) => text(row))));
    for (const { variant, message } of row.race.failures) console.log(`  ${variant}: ${message}`);
  }
  printMeans(rows);
  const peak = geometricMean(rows.map((row) => rateOf(row, ourPeak)));
  console.log(`${ourPeak.variant} (${ourPeak.target}) ${peak} GFLOP/s`);
}

await main();
