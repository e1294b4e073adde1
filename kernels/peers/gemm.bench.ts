/**
 * Our GEMM on WebAssembly against every peer that is here, on square products, in the same rounds with one thread.
 * Run: node kernels/peers/gemm.bench.ts [side …] (default: 512 1024). Times of the browsers' libraries include handing
 * out the result, which is how they are called; ours leaves C in memory.
 */
import { cube, cubeShape } from "../gemm/cubes.ts";
import { raceProducts } from "../gemm/race.ts";
import { findPeers } from "./peers.ts";

const ours = { variant: "packed-blocked", target: "wasm" } as const;

/** The figure that the project promises against what else runs on WebAssembly. */
const promised: Readonly<Record<string, number>> = { "onnxruntime-web": 1.2, "tfjs-wasm": 1.2 };

const { found, missing } = await findPeers();
for (const { peer, version, detail } of found) console.log(`${peer} ${version}: ${detail}`);
for (const line of missing) console.log(line);
if (found.length === 0) process.exitCode = 5;

const sides = process.argv.slice(2).map(Number);
for (const side of found.length === 0 ? [] : sides.length > 0 ? sides : [512, 1024]) {
  const refs = found.map(({ peer }) => ({ variant: peer, target: "peer" }) as const);
  const pairs = refs.map((ref) => [ours, ref] as const);
  const race = await raceProducts(cubeShape(side), [ours, ...refs], { pairs, seconds: 6, leastRounds: 21 });
  console.log(`\n${cube(side)}, f32, one thread, ${race.find(ours, "time")?.n} rounds, medians`);
  for (const ref of [ours, ...refs]) {
    const rate = race.find(ref, "throughput")?.value.toFixed(1) ?? "failed";
    const ratio = race.find(ours, "speed-up", ref);
    const least = promised[ref.variant];
    const verdict = ratio && least ? `  (over ${least}: ${ratio.low > least ? "holds" : "MISSED"})` : "";
    const text = ratio
      ? `  ours is ${ratio.value.toFixed(2)}x [${ratio.low.toFixed(2)}, ${ratio.high.toFixed(2)}] as fast`
      : "";
    console.log(`${ref.variant.padEnd(20)}${rate.padStart(7)} GFLOP/s${text}${verdict}`);
  }
  for (const { variant, message } of race.failures) console.log(`${variant}: ${message}`);
}
