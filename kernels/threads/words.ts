/**
 * What the threads of a team say to each other while they work: a few shared integers, because a message would need an
 * event loop at either end and allocate. Everything that is not urgent (orders, errors) goes through message ports.
 */

/** Integers that are written by different threads lie a cache line apart, so that no write disturbs another's wait. */
const line = 64 / Int32Array.BYTES_PER_ELEMENT;

/** More threads than any machine that this is likely to meet; a number beyond is a slip. */
export const mostThreads = 256;

/** Numbers that a job can pass: 32 doubles, twice what a GEMM with two strides for each matrix takes. */
export const mostNumbers = 32;

/** Number of the job at hand; members wait for it to change. */
export const jobWord = 0;
/** What the job is: the number of a prepared task, or a command. Written before `jobWord`. */
export const taskWord = 1;
/** Changes whenever a member has finished or has died; the caller waits for it. */
export const progressWord = line;

/** The job that a member finished last, how it ended, and whether the member is there. */
export const doneWord = (member: number): number => line * (1 + member);
export const outcomeWord = (member: number): number => line * (1 + member) + 1;
export const stateWord = (member: number): number => line * (1 + member) + 2;

export const state = { starting: 0, alive: 1, dead: 2 } as const;
export const outcome = { fine: 0, failed: 1 } as const;

/** Values of `taskWord` that are no task. */
export const command = { prepare: -1, release: -2 } as const;

/** The memory that all threads of a team share. Members are numbered from 1; 0 is the caller. */
export interface Board {
  readonly words: Int32Array;
  /** What the job passes: as many doubles as the task has use for. */
  readonly numbers: Float64Array;
}

/** The board of a team of so many threads. */
export function createBoard(threads: number): Board {
  const words = new Int32Array(new SharedArrayBuffer((threads + 1) * line * Int32Array.BYTES_PER_ELEMENT));
  return {
    words,
    numbers: new Float64Array(new SharedArrayBuffer(mostNumbers * Float64Array.BYTES_PER_ELEMENT)),
  };
}

/** Says that something has happened to a member; wakes the caller if it waits. */
export function announceProgress({ words }: Board): void {
  Atomics.add(words, progressWord, 1);
  Atomics.notify(words, progressWord);
}

/** Tells the core that this is a spinning loop; from V8 13.4 on, and nothing before. */
const pause: () => void = (Atomics as { pause?: () => void }).pause ?? (() => {});

/**
 * How long a thread looks before it sleeps, in milliseconds: about what its waking would cost, so that a wait never costs
 * more than twice the better of the two (Karlin et al. 1994, competitive spinning). Measured on a virtual machine of two
 * cores: 0.06 ms after a short rest, 0.3 ms after a long one. On a bare machine a futex takes 0.01 to 0.05 ms.
 */
const looksFor = 0.3;
/** Looks between two readings of the clock: a few microseconds, whatever a pause takes on this core. */
const looksAtOnce = 64;

/** Waits for a word to change from a value as long as that is cheaper than to sleep; the caller sees whether it has. */
export function spinWhile(words: Int32Array, index: number, value: number): void {
  const until = performance.now() + looksFor;
  do {
    for (let look = 0; look < looksAtOnce; look++) {
      if (Atomics.load(words, index) !== value) return;
      pause();
    }
  } while (performance.now() < until);
}
