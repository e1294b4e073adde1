/**
 * Binding threads to cores, where the system lets a thread ask for it (Linux). A woken thread is otherwise placed where
 * the scheduler likes: in virtual machines, which hide that cores share a cache, often on the core of the thread that woke
 * it, behind which it then waits.
 */
import { readFileSync } from "node:fs";
import { addressOf, type Foreign, ForeignUnavailable, foreign } from "./foreign.ts";

/** Logical processors that a mask can name: glibc's `cpu_set_t`. A machine with more is left to its scheduler. */
const mostProcessors = 1024;

/** What this file needs from outside; tests pass their own. */
export interface AffinitySystem {
  readonly foreign: Foreign;
  /** The list of logical processors that share this one's core, as Linux writes it (`0,4` or `0-1`), or "". */
  siblingsOf(processor: number): string;
}

const linux: AffinitySystem = {
  foreign,
  siblingsOf: (processor) => {
    try {
      return readFileSync(`/sys/devices/system/cpu/cpu${processor}/topology/thread_siblings_list`, "utf8");
    } catch {
      return "";
    }
  },
};

/**
 * The logical processors that the calling thread may run on, those first that share no core with an earlier one. Empty
 * where the system does not say.
 */
export function allowedProcessors(system: AffinitySystem = linux): readonly number[] {
  const mask = new Uint8Array(mostProcessors / 8);
  const get = affinityCall("sched_getaffinity", system.foreign);
  if (!get || Number(get(0, mask.length, addressOf(mask))) !== 0) return [];
  const allowed = Array.from({ length: mostProcessors }, (_, i) => i).filter(
    (i) => ((mask[i >> 3] as number) >> (i & 7)) & 1,
  );
  const isFirst = (processor: number): boolean => {
    const [first] = /^\d+/.exec(system.siblingsOf(processor)) ?? [];
    return first === undefined || Number(first) === processor || !allowed.includes(Number(first));
  };
  return [...allowed.filter(isFirst), ...allowed.filter((processor) => !isFirst(processor))];
}

/** Lets the calling thread run on these logical processors alone; false where the system refuses. */
export function bindThread(processors: readonly number[], system: AffinitySystem = linux): boolean {
  const set = affinityCall("sched_setaffinity", system.foreign);
  if (!set || processors.length === 0) return false;
  const mask = new Uint8Array(mostProcessors / 8);
  for (const processor of processors)
    mask[processor >> 3] = (mask[processor >> 3] as number) | (1 << (processor & 7));
  return Number(set(0, mask.length, addressOf(mask))) === 0;
}

/** A call of the C library that takes a thread (0: the calling one), the bytes of a mask and its address. */
function affinityCall(name: string, { platform, library }: Foreign) {
  if (platform !== "linux") return undefined;
  try {
    const found = library([null]);
    return found?.has(name) ? found.function(name, "int32", ["int32", "uint64", "address"]) : undefined;
  } catch (error) {
    if (error instanceof ForeignUnavailable) return undefined;
    throw error;
  }
}
