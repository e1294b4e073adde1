/**
 * Training steps of three networks against PyTorch on the CPU, with one thread and with two: the same first parameters
 * and batch, five losses that must agree, then rounds in which each side trains for some tenths of a second. Shown are
 * medians over rounds, paired ratios with their 95 % intervals, and the same of processor time, which a crowded machine
 * bends less (with several threads it counts waiting too). PyTorch takes the OpenBLAS core type that is the fastest of
 * several at steps of the first network.
 * On a crowded machine nothing can be said of two threads: those of PyTorch spin while one of them waits for a core.
 * Run: node kernels/nn/pytorch/steps.bench.ts [mlp | cnn | transformer …] [1 | 2 …] (default: all, with 1 and 2 threads).
 */
import { loadavg } from "node:os";
import { describeMachine } from "../../measure/machine.ts";
import { type Estimate, pairedRatio } from "../../measure/statistics/interval.ts";
import { median } from "../../measure/statistics/order.ts";
import { nativeAvailability } from "../../native/availability.ts";
import { candidateCoreTypes } from "../../peers/openblas/core-types.ts";
import { randomStream } from "../../random.ts";
import { Contestant } from "./contestant.ts";
import { type NetworkOfRace, networks } from "./networks.ts";
import { Torch } from "./torch.ts";

const rounds = 31;
const secondsPerTurn = 0.2;
const checkedSteps = 5;
/** Largest difference of two losses: sums of a thousand terms in another order. */
const tolerance = 1e-4;

/** What some steps took, of the clock and of processors. */
interface Spent {
  readonly seconds: number;
  readonly processor: number;
}

function spentBy(ours: Contestant, steps: number): Spent {
  const [start, started] = [performance.now(), process.cpuUsage()];
  for (let i = 0; i < steps; i++) ours.step();
  const { user, system } = process.cpuUsage(started);
  return { seconds: (performance.now() - start) / 1000, processor: (user + system) / 1e6 };
}

/** Steps of one side that fill a turn; run beforehand, they also warm it up. */
async function stepsPerTurn(run: (steps: number) => Spent | Promise<Spent>): Promise<number> {
  for (let steps = 4; ; steps *= 2) {
    const { seconds } = await run(steps);
    if (seconds > secondsPerTurn) return Math.max(1, Math.round((steps * secondsPerTurn) / seconds));
  }
}

/** The core type with which PyTorch trains the first network fastest on one thread; a line where there is no PyTorch. */
async function bestCoreType(): Promise<{ readonly coreType: string | undefined } | string> {
  const [network] = networks as [NetworkOfRace];
  const { arch, isa } = describeMachine("");
  const ours = new Contestant(network, { target: "wasm", bytes: 2 ** 28 });
  const trials: { coreType: string | undefined; seconds: number }[] = [];
  for (const coreType of [undefined, ...candidateCoreTypes(arch, isa)]) {
    const torch = await Torch.start(1, coreType);
    if (typeof torch === "string") return torch;
    await ours.copyTo(torch);
    const turns = [];
    for (let turn = 0; turn < 6; turn++) turns.push((await torch.steps(6)).seconds / 6);
    torch.end();
    trials.push({ coreType, seconds: Math.min(...turns) });
  }
  const rate = ({ coreType, seconds }: (typeof trials)[number]): string =>
    `${coreType ?? "its own choice"} ${(1 / seconds).toFixed(1)}`;
  console.log(`OpenBLAS core types, steps/s of ${network.id}: ${trials.map(rate).join(", ")}`);
  return trials.reduce((best, each) => (each.seconds < best.seconds ? each : best));
}

/** The largest difference between the losses of the first steps. */
async function differenceOf(ours: Contestant, torch: Torch): Promise<number> {
  await ours.copyTo(torch);
  const { losses } = await torch.steps(checkedSteps);
  return Math.max(...losses.map((loss) => Math.abs(loss - ours.step())));
}

const text = ({ value, low, high }: Estimate): string =>
  `${value.toFixed(2)}x [${low.toFixed(2)}, ${high.toFixed(2)}]`;

async function compare(network: NetworkOfRace, threads: number, torch: Torch): Promise<void> {
  const ours = new Contestant(network, { target: "native", threads });
  const difference = await differenceOf(ours, torch);
  // Also where a loss is no number.
  if (!(difference <= tolerance)) {
    console.log(`${network.id}: WRONG, losses of ${checkedSteps} steps differ by ${difference}`);
    process.exitCode = 6;
    return;
  }
  const sides = [
    { steps: await stepsPerTurn((steps) => spentBy(ours, steps)), run: (n: number) => spentBy(ours, n) },
    { steps: await stepsPerTurn((steps) => torch.steps(steps)), run: (n: number) => torch.steps(n) },
  ];
  const spent: Spent[][] = [[], []];
  for (let round = 0; round < rounds; round++)
    for (const side of round % 2 === 0 ? [0, 1] : [1, 0]) {
      const { steps, run } = sides[side] as (typeof sides)[number];
      const { seconds, processor } = await run(steps);
      spent[side]?.push({ seconds: seconds / steps, processor: processor / steps });
    }
  const [mine, theirs] = spent as [Spent[], Spent[]];
  const ratioOf = (part: keyof Spent): Estimate =>
    pairedRatio(
      theirs.map((each) => each[part]),
      mine.map((each) => each[part]),
      randomStream(1),
    );
  const rate = (side: readonly Spent[]): string =>
    (1 / median(side.map(({ seconds }) => seconds))).toFixed(1).padStart(6);
  const ratio = ratioOf("seconds");
  console.log(
    `${network.id.padEnd(12)} ${threads} thread(s)  ${rate(mine)} steps/s, PyTorch ${rate(theirs)}: ${text(ratio)}, ` +
      `goal ${network.least}x ${ratio.value >= network.least ? "holds" : "MISSED"}; processor time ${text(ratioOf("processor"))}; ` +
      `losses within ${difference.toExponential(0)}; memory of this process ${(process.resourceUsage().maxRSS / 1e3).toFixed(0)} MB; load ${loadavg()[0]?.toFixed(1)}`,
  );
}

async function main(): Promise<void> {
  if (!nativeAvailability().available) {
    console.log("Machine code cannot run here; nothing to compare.");
    return;
  }
  const typed = process.argv.slice(2);
  const asked = networks.filter(({ id }) => typed.includes(id));
  const counts = typed.map(Number).filter((count) => count >= 1);
  const best = await bestCoreType();
  if (typeof best === "string") {
    console.log(best);
    return;
  }
  for (const threads of counts.length > 0 ? counts : [1, 2]) {
    // Before our own team starts, which binds this process to cores that a child would inherit.
    const torch = await Torch.start(threads, best.coreType);
    if (typeof torch === "string") throw new Error(torch);
    console.log(
      `PyTorch ${torch.version}, core type ${best.coreType ?? "of its own choice"}, ${rounds} rounds`,
    );
    for (const network of asked.length > 0 ? asked : networks) await compare(network, threads, torch);
    torch.end();
  }
}

await main();
