/**
 * How many threads a run may use: what `--threads` names; else all cores where time allows to measure them (profiles
 * standard and full), else one.
 */
import { availableParallelism } from "node:os";
import { InvalidArgumentError } from "commander";
import type { Profile } from "../kernels/experiment.ts";
import { mostThreads } from "../kernels/threads/words.ts";
import { UsageError } from "./exit.ts";

export interface ThreadsWish {
  readonly profile: Profile;
  /** The value of `--threads`. */
  readonly threads?: number | undefined;
  /** Whether more threads than cores are wanted all the same. */
  readonly oversubscribe?: boolean | undefined;
}

/** A value of `--threads`. @throws InvalidArgumentError for what is no number of threads */
export function threadsTyped(value: string): number {
  const threads = Number(value);
  if (/^\d+$/.test(value) && threads >= 1 && threads <= mostThreads) return threads;
  throw new InvalidArgumentError(`Threads are a whole number from 1 to ${mostThreads}.`);
}

/**
 * The most threads that a variant of the run may have.
 *
 * @throws UsageError for more threads than cores, which wait for each other and measure the scheduler
 */
export function chosenThreads(
  { profile, threads, oversubscribe = false }: ThreadsWish,
  cores: number = availableParallelism(),
): number {
  if (threads === undefined) return profile === "quick" ? 1 : Math.min(cores, mostThreads);
  if (threads <= cores || oversubscribe) return threads;
  throw new UsageError(
    `--threads ${threads} is more than the ${cores} ${cores === 1 ? "core" : "cores"} that this process may use`,
    `Give at most ${cores}, or add --oversubscribe to measure threads that wait for each other.`,
  );
}
