/**
 * Takes samples of several contestants in interleaved rounds: warms each up until it is stable, batches short calls,
 * runs every round in a new random order, and stops when the intervals are narrow or the budget is spent.
 */
import { randomOrder } from "../random.ts";
import { type Clock, shortestSampleSeconds } from "./clock.ts";
import { rankInterval } from "./statistics/interval.ts";
import { median } from "./statistics/order.ts";

export interface Contestant {
  /** Does the work once; a promise, from every call, where the work is done when that is fulfilled. */
  run(): void | Promise<void>;
}

export interface SamplingPlan {
  readonly leastRounds: number;
  readonly mostRounds: number;
  /** Relative half-width of every contestant's interval at which sampling stops early. */
  readonly precision: number;
  /** Budget of the sampling in seconds, warm-up apart; `leastRounds` are made even if they take longer. */
  readonly seconds: number;
  /** Seconds after which a contestant is sampled as it is, stable or not (default: half a second). */
  readonly mostWarmUp?: number | undefined;
}

/** What the sampler needs from outside; each part can be replaced in a test. */
export interface SamplingHost {
  readonly clock: Clock;
  /** Order of the contestants within a round. */
  readonly random: () => number;
  /** Gives messages a chance to leave and to arrive. */
  pause(): Promise<void>;
  /** Whether somebody asked to stop. */
  stopping(): boolean;
  /** Called before contestant `index` is warmed up, so that a crash can be blamed on it. */
  beforeWarmUp(index: number): void;
  /** Called before each sample, for the same reason. Outside of what is timed. */
  beforeSample(index: number): void;
  onSample(index: number, round: number, secondsPerCall: number): void;
  onRound(round: number, expectedRounds: number): void;
  /** A contestant threw; it takes no further part. */
  onError(index: number, error: unknown): void;
}

/** Thrown when a run is stopped on request in the middle of a comparison. */
export class Stopped extends Error {
  constructor() {
    super("stopped on request");
    this.name = "Stopped";
  }
}

/** Compilers tier up after some calls or some loop passes; both take less than this on every engine we know. */
const leastWarmUpSeconds = 0.05;
/** After this long a contestant that still wanders is sampled as it is; the interval will show it. */
const mostWarmUpSeconds = 0.5;
/** Two successive windows of calls count as equal within this share; far above timer error, below a tier's gain. */
const stableWithin = 0.05;
const windowCalls = 5;
/**
 * A contestant whose call takes less than this is called once more, untimed, before each of its samples. What ran before
 * it in the round has filled the caches with its own lines, and the cores of the other threads sleep: on a virtual
 * machine they take from 0.3 ms to several to come back (threads/README.md), as long as a whole product of side 640.
 * Longer calls hardly feel either, and would double the time of a round.
 */
const unsettledSeconds = 0.01;

/**
 * Samples all contestants. Returns, for each, the seconds per call of every complete round, or null where it threw.
 * @throws Stopped if `stopping()` becomes true
 */
export async function sampleInterleaved(
  contestants: readonly Contestant[],
  plan: SamplingPlan,
  host: SamplingHost,
): Promise<(number[] | null)[]> {
  const entrants: (Entrant | null)[] = [];
  for (const [index, contestant] of contestants.entries()) {
    host.beforeWarmUp(index);
    await host.pause();
    entrants.push(await guarded(index, host, () => warmUp(contestant, host.clock, plan.mostWarmUp)));
    if (host.stopping()) throw new Stopped();
  }
  const begun = host.clock.now();
  for (let round = 0; !isEnough(entrants, round, plan, host.clock.now() - begun); round++) {
    for (const index of randomOrder(contestants.length, host.random)) {
      const entrant = entrants[index];
      if (!entrant) continue;
      host.beforeSample(index);
      const seconds = await guarded(index, host, () => sampleOnce(entrant, host.clock));
      if (seconds === null) {
        entrants[index] = null;
      } else {
        entrant.samples.push(seconds);
        host.onSample(index, round, seconds);
      }
      if (host.stopping()) throw new Stopped();
    }
    host.onRound(round + 1, expectedRounds(round + 1, plan, host.clock.now() - begun));
    await host.pause();
    if (host.stopping()) throw new Stopped();
  }
  return entrants.map((entrant) => entrant?.samples ?? null);
}

interface Entrant {
  readonly run: () => void | Promise<void>;
  /** Whether `run` returns promises. */
  readonly asynchronous: boolean;
  /** Calls that make one sample. */
  readonly calls: number;
  /** Whether a call is so short that what ran before it would show. */
  readonly unsettled: boolean;
  readonly samples: number[];
}

async function guarded<T>(index: number, host: SamplingHost, work: () => T | Promise<T>): Promise<T | null> {
  try {
    return await work();
  } catch (error) {
    host.onError(index, error);
    return null;
  }
}

/** Runs a contestant until successive windows of calls agree, and decides how many calls make one sample. */
async function warmUp(
  contestant: Contestant,
  clock: Clock,
  most: number = mostWarmUpSeconds,
): Promise<Entrant> {
  const run = (): void | Promise<void> => contestant.run();
  const shortest = shortestSampleSeconds(clock);
  const begun = clock.now();
  const first = run();
  const asynchronous = first instanceof Promise;
  await first;
  // The first call counts as the first of its window: a slow one is not to be made for this question alone.
  let window = [Math.max(clock.now() - begun, Number.EPSILON)];
  let calls = 1;
  let previous = Number.POSITIVE_INFINITY;
  for (;;) {
    while (window.length === 0 || (window.length < windowCalls && clock.now() - begun <= most)) {
      window.push((await timed({ run, asynchronous, calls }, clock)) / calls);
    }
    const current = median(window);
    calls = Math.max(1, Math.ceil(shortest / Math.max(current, Number.EPSILON)));
    const elapsed = clock.now() - begun;
    const stable = Math.abs(current - previous) <= stableWithin * current;
    if (elapsed > most || (elapsed > leastWarmUpSeconds && stable)) {
      return { run, asynchronous, calls, unsettled: current < unsettledSeconds, samples: [] };
    }
    previous = current;
    window = [];
  }
}

async function sampleOnce(entrant: Entrant, clock: Clock): Promise<number> {
  if (entrant.unsettled) await entrant.run();
  return (await timed(entrant, clock)) / entrant.calls;
}

/** Seconds that a sample's calls take. Nothing is awaited between the readings of a contestant that does not wait. */
function timed(batch: Batch, clock: Clock): number | Promise<number> {
  if (batch.asynchronous) return timedWaiting(batch, clock);
  const { run, calls } = batch;
  const begun = clock.now();
  for (let i = 0; i < calls; i++) run();
  return Math.max(clock.now() - begun, Number.EPSILON);
}

async function timedWaiting({ run, calls }: Batch, clock: Clock): Promise<number> {
  const begun = clock.now();
  for (let i = 0; i < calls; i++) await run();
  return Math.max(clock.now() - begun, Number.EPSILON);
}

type Batch = Pick<Entrant, "run" | "asynchronous" | "calls">;

function isEnough(
  entrants: readonly (Entrant | null)[],
  rounds: number,
  plan: SamplingPlan,
  elapsed: number,
): boolean {
  const active = entrants.filter((entrant) => entrant !== null);
  if (active.length === 0 || rounds >= plan.mostRounds) return true;
  if (rounds < plan.leastRounds) return false;
  return elapsed >= plan.seconds || active.every(({ samples }) => halfWidth(samples) <= plan.precision);
}

function halfWidth(samples: readonly number[]): number {
  const { value, low, high } = rankInterval(samples);
  return (high - low) / 2 / value;
}

/** How many rounds there will be at the most, judged by the pace so far: for the estimate of what is left. */
function expectedRounds(done: number, plan: SamplingPlan, elapsed: number): number {
  const within = Math.ceil((plan.seconds / Math.max(elapsed, 1e-9)) * done);
  return Math.max(done, Math.min(plan.mostRounds, Math.max(plan.leastRounds, within)));
}
