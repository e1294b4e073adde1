/**
 * How fast each level of the memory hierarchy feeds a core: STREAM's triad over arrays that fit the level and not the
 * one before it. The roofs of a roofline, one for each level (Williams, Waterman & Patterson 2009, section 5; as
 * several roofs by Ilic, Pratas & Sousa, "Cache-aware Roofline model", 2014).
 */
import { compile } from "../codegen/compile.ts";
import { Memory } from "../codegen/memory.ts";
import type { Bench, Candidate } from "../experiment.ts";
import { dataCaches } from "./machine.ts";
import { streamPeak, streamVariant } from "./peak.ts";
import { repeatedStreamLoop, streamBytes } from "./peak-programs.ts";

/** A level as it will be streamed from: the three arrays together take `bytes`. */
export interface StreamedLevel {
  /** `l1`, `l2`, `l3`: the end of the variant's name. */
  readonly level: string;
  readonly bytes: number;
}

/**
 * What cores of the last ten years have, for systems that do not tell: the arrays of the first fit 32 KiB, those of
 * the second 256 KiB and more.
 */
const typical: readonly StreamedLevel[] = [
  { level: "l1", bytes: 16 * 1024 },
  { level: "l2", bytes: 128 * 1024 },
];

/** Beyond this the arrays would not fit beside others in the address space of a kernel. */
const mostBytes = 256 * 2 ** 20;

/**
 * The levels of these caches with arrays of half their size, so that what else lies there matters little. A level whose
 * half is no larger than twice the one before would mostly show that one, and is left out.
 */
export function streamedLevels(
  caches: readonly { readonly level: string; readonly bytes: number }[],
): readonly StreamedLevel[] {
  if (caches.length === 0) return typical;
  return caches.flatMap(({ level, bytes }, i) => {
    const below = caches[i - 1]?.bytes ?? 0;
    const half = Math.min(bytes / 2, mostBytes);
    return half > 2 * below ? [{ level: level.toLowerCase().replace(/d$/, ""), bytes: half }] : [];
  });
}

/** A call moves at least so many bytes, tens of microseconds, so that calling it counts for nothing. */
const leastBytesPerCall = 2 ** 21;
/** STREAM's own factor; any other would do. */
const scalar = 3;
const shape = { element: "f32", lanes: 4 } as const;

/** The triad from one level as a candidate, named `peak-stream-<level>`. */
export function levelStream({ level, bytes }: StreamedLevel): Candidate {
  const length = Math.floor(bytes / 3 / 64) * 16;
  const memory = new Memory(12 * length + 1024);
  const [a, b, c] = [0, 1, 2].map(() => memory.allocate("f32", length).address) as [number, number, number];
  const { call } = compile(repeatedStreamLoop(shape), streamVariant.target, memory);
  const passes = Math.max(1, Math.ceil(leastBytesPerCall / streamBytes("f32", length)));
  return {
    variant: `${streamVariant.variant}-${level}`,
    target: streamVariant.target,
    run: () => call(passes, length, a, b, c, scalar),
    bytes: passes * streamBytes("f32", length),
  };
}

/** Roofs are lines in a chart and no rule reads them: fifteen rounds of some milliseconds place them well enough. */
const streamRounds = 15;

/** Measures memory and every cache level, in rounds of their own: a stream empties the caches of whoever comes next. */
export async function compareStreams(bench: Bench): Promise<void> {
  const levels = streamedLevels(dataCaches()).map(levelStream);
  await bench.compare([streamPeak(), ...levels], {
    against: null,
    ceiling: false,
    leastRounds: streamRounds,
    mostRounds: streamRounds,
  });
}
