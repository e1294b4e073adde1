/**
 * The clock that everything is timed with, and what it can tell apart. An interface, so that tests drive the sampler
 * with a clock of their own and finish in milliseconds.
 */

/** A monotonic clock. */
export interface Clock {
  /** Seconds since some fixed moment. */
  now(): number;
  /** The smallest difference that two readings can show, the cost of a reading included, in seconds. */
  readonly resolutionSeconds: number;
}

/** Readings that the resolution is taken from; enough that one interruption does not decide. */
const readings = 2000;

/** The process's clock, CLOCK_MONOTONIC on Linux, with its resolution as measured now. */
export function processClock(): Clock {
  const now = (): number => performance.now() / 1000;
  return { now, resolutionSeconds: measureResolution(now) };
}

/** The median step between readings that differ: the coarser of the clock's tick and the cost of reading it. */
export function measureResolution(now: () => number): number {
  const steps: number[] = [];
  let last = now();
  for (let i = 0; i < readings; i++) {
    const next = now();
    if (next > last) steps.push(next - last);
    last = next;
  }
  if (steps.length === 0) return Number.POSITIVE_INFINITY;
  steps.sort((a, b) => a - b);
  return steps[steps.length >> 1] as number;
}

/** Seconds that one reading of a clock takes, over a great many of them. */
export function measureReadingCost({ now }: Clock): number {
  const begun = now();
  let last = begun;
  for (let i = 0; i < 50 * readings; i++) last = now();
  return (last - begun) / (50 * readings);
}

/**
 * A sample of a thousand resolutions is off by at most 0.1 % through the clock; 200 microseconds at the least, so that
 * a timer interrupt (every 1 to 4 ms on Linux, a few microseconds each) falls into few samples and not into most.
 */
export function shortestSampleSeconds(clock: Clock): number {
  return Math.max(1000 * clock.resolutionSeconds, 200e-6);
}
