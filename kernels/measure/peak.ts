/**
 * The two ceilings of a core, measured by generated loops: multiply-adds in registers, and a stream through memory
 * that is larger than every cache. Both take part in the rounds of a comparison, so that shares of them are paired.
 * A third loop tells the clock frequency, by which the first can be checked against what the core's data sheet says.
 */
import { compile, nativeIsa } from "../codegen/compile.ts";
import { Memory } from "../codegen/memory.ts";
import { isaRows } from "../codegen/x64/isa.ts";
import type { Candidate, Target, VariantRef } from "../experiment.ts";
import { teamOf } from "../threads/team.ts";
import { withThreads } from "../variant.ts";
import { largestCacheBytes } from "./machine.ts";
import {
  addsPerPass,
  dependentAddLoop,
  multiplyAddData,
  multiplyAddFlops,
  multiplyAddLoop,
  type PeakShape,
  streamBytes,
  streamLoop,
} from "./peak-programs.ts";

/** What variants on js and wasm are held against: the wider vectors of machine code are out of their reach. */
const ceilingTarget = "wasm";

/** The two vector lengths that there is a peak of. */
export type PeakTarget = "wasm" | "native";

/** The peak that belongs to a target; libraries of others use whatever vectors the machine has. */
export function peakTargetOf(target: Target): PeakTarget {
  return target === "native" || target === "peer" ? "native" : ceilingTarget;
}

function shapeOn(target: PeakTarget): PeakShape {
  return { element: "f32", lanes: target === "native" ? isaRows[nativeIsa()].bits / 32 : 4 };
}

/** What the multiply-add peak of so many threads is called. */
export function peakOf(threads: number, target: Target = ceilingTarget): VariantRef {
  return { variant: withThreads("peak-fma", threads), target: peakTargetOf(target) };
}
export const streamVariant = { variant: "peak-stream", target: ceilingTarget } as const;

/**
 * Passes of 48 multiply-adds a call: about half a millisecond on a core of 3 GHz, far above the clock's resolution and
 * above what waking a team takes.
 */
const passes = 1 << 16;

/**
 * The multiply-add peak as a candidate: float32, vectors of the target, twelve independent chains; of one core, or of as
 * many as threads run the loop at the same time. The latter is less than so many times the former where cores share units or
 * lower their clock together.
 */
export function multiplyAddPeak(threads = 1, target: PeakTarget = ceilingTarget): Candidate {
  const own = multiplyAddCall(target);
  const { run } = threads === 1 ? { run: own } : teamOf(threads).prepare("multiply-add", () => target, own);
  return {
    ...peakOf(threads, target),
    run,
    flops: threads * multiplyAddFlops(shapeOn(target), passes),
    threads,
  };
}

/** The loop of one thread, compiled: a call does `passes` passes. */
export function multiplyAddCall(target: PeakTarget = ceilingTarget): () => void {
  const shape = shapeOn(target);
  const memory = new Memory(4 * multiplyAddData(shape) + 128);
  const data = memory.allocate("f32", multiplyAddData(shape));
  const { call } = compile(multiplyAddLoop(shape), target, memory);
  return () => call(passes, data.address);
}

/**
 * Never less, whatever the system tells: on Windows it tells nothing, and Apple's system-level cache (8 MiB and more)
 * is on no list. The three arrays together are then 96 MiB.
 */
const leastArrayBytes = 32 * 2 ** 20;
/** What the address space of one 32-bit memory leaves for each of the three arrays. */
const largestArrayBytes = 256 * 2 ** 20;

/** STREAM's own factor; any other would do. */
const streamScalar = 3;

/** Bytes of each array of the triad: the last level's size, so that the three are three times what it holds. */
function arrayBytes(): number {
  return Math.min(Math.max(largestCacheBytes() ?? 0, leastArrayBytes), largestArrayBytes);
}

/** STREAM's triad as a candidate; over arrays that exceed every cache, unless told how many bytes each shall have. */
export function streamPeak(bytes: number = arrayBytes()): Candidate {
  const length = Math.floor(bytes / 4);
  const memory = new Memory(3 * bytes + 1024);
  const [a, b, c] = [0, 1, 2].map(() => memory.allocate("f32", length).address) as [number, number, number];
  const { call } = compile(streamLoop({ element: "f32", lanes: 4 }), ceilingTarget, memory);
  return {
    ...streamVariant,
    run: () => call(length, a, b, c, streamScalar),
    bytes: streamBytes("f32", length),
  };
}

/** About a quarter of a millisecond at 3 GHz. */
const clockPasses = 1 << 14;

/** Cycles that one call of `clockChain` takes: one for each dependent addition. */
export const clockCycles = addsPerPass * clockPasses;

/** A candidate that tells the clock frequency: `clockCycles` over its seconds per call. */
export function clockChain(): Candidate {
  const memory = new Memory(1024);
  const result = memory.allocate("i32", 1);
  const { call } = compile(dependentAddLoop(), ceilingTarget, memory);
  return { variant: "clock-adds", target: ceilingTarget, run: () => call(clockPasses, 1, result.address) };
}
