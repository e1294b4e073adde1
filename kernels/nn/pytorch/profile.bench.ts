/**
 * Where the time of a training step goes: each operation's time, share, rate and share of what GEMM reaches on a product
 * of 1024 cubed in the same rounds. Run: node kernels/nn/pytorch/profile.bench.ts [mlp | cnn | transformer …] [1 | 2 …].
 */
import { Memory } from "../../codegen/memory.ts";
import { createGemm } from "../../gemm/gemm.ts";
import { median } from "../../measure/statistics/order.ts";
import { Profile } from "../tensor/profile.ts";
import { Contestant } from "./contestant.ts";
import { type NetworkOfRace, networks } from "./networks.ts";

const rounds = 15;
const stepsPerRound = 8;
const warmUp = 20;
/** Operations that take less of a step are shown together. */
const leastShare = 0.005;

/** A large product, whose rate stands for what GEMM reaches. */
function largeProduct(threads: number): () => number {
  const side = 1024;
  const memory = new Memory(2 ** 25, { shared: threads > 1 });
  const [a, b, c] = [0, 1, 2].map(() => memory.allocate("f32", side * side).address) as [
    number,
    number,
    number,
  ];
  const shape = { m: side, n: side, k: side };
  const gemm = createGemm({ variant: "auto", target: "native", memory, shape, threads });
  return () => {
    const start = performance.now();
    gemm.run({ ...shape, a, b, c });
    return (2 * side ** 3) / (performance.now() - start) / 1e6;
  };
}

function report(network: NetworkOfRace, threads: number): void {
  const ours = new Contestant(network, { target: "native", threads });
  const product = largeProduct(threads);
  for (let i = 0; i < warmUp; i++) ours.step();
  const profile = new Profile();
  const [steps, peaks]: [number[], number[]] = [[], []];
  for (let round = 0; round < rounds; round++) {
    peaks.push(product());
    ours.engine.profile = profile;
    for (let i = 0; i < stepsPerRound; i++) {
      const start = performance.now();
      ours.step();
      steps.push((performance.now() - start) / 1000);
    }
    ours.engine.profile = undefined;
  }
  const peak = median(peaks);
  const all = steps.reduce((sum, time) => sum + time, 0);
  const flops = profile.rows.reduce((sum, row) => sum + row.flops, 0);
  const figures = (seconds: number, operations: number): string => {
    const rate = operations / seconds / 1e9;
    const ms = (1e3 * seconds) / steps.length;
    return (
      `${ms.toFixed(3).padStart(9)} ms ${((100 * seconds) / all).toFixed(1).padStart(5)} %` +
      (operations > 0
        ? ` ${rate.toFixed(1).padStart(7)} GFLOP/s ${((100 * rate) / peak).toFixed(0).padStart(3)} %`
        : "")
    );
  };
  console.log(
    `\n${network.id}, ${network.title}, ${threads} thread(s); GEMM peak ${peak.toFixed(0)} GFLOP/s`,
  );
  const shown = profile.rows.filter(({ seconds }) => seconds >= leastShare * all);
  for (const { name, calls, seconds, flops: own } of shown)
    console.log(
      `${name.slice(0, 64).padEnd(66)}${(calls / steps.length).toFixed(0).padStart(4)}x ${figures(seconds, own)}`,
    );
  const timed = profile.rows.reduce((sum, { seconds }) => sum + seconds, 0);
  const rest = timed - shown.reduce((sum, { seconds }) => sum + seconds, 0);
  console.log(`${"other operations".padEnd(71)} ${figures(rest, 0)}`);
  console.log(`${"between operations".padEnd(71)} ${figures(all - timed, 0)}`);
  console.log(`${"the step".padEnd(71)} ${figures(all, flops)}`);
  const share = flops / all / 1e9 / peak;
  if (network.id === "mlp")
    console.log(`at least 45 % of GEMM's peak: ${share >= 0.45 ? "holds" : "MISSED"}`);
}

const typed = process.argv.slice(2);
const asked = networks.filter(({ id }) => typed.includes(id));
const counts = typed.map(Number).filter((count) => count >= 1);
for (const threads of counts.length > 0 ? counts : [1])
  for (const network of asked.length > 0 ? asked : networks) report(network, threads);
