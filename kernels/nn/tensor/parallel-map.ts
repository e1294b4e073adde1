/**
 * Elementwise loops on a team of threads: each has a part of the outermost loop. No element is computed otherwise than on
 * one thread, so the bits are the same.
 */
import { compile } from "../../codegen/compile.ts";
import { bytesOf } from "../../codegen/expressions.ts";
import { type ProgramOrder, shareOfProgram } from "../../threads/program-task.ts";
import { teamOf } from "../../threads/team.ts";
import type { Engine } from "./engine.ts";
import { type MapOptions, mapProgram } from "./programs/map.ts";
import type { Nest } from "./shapes.ts";

/**
 * Elements of a result from which a second thread is worth waking: 128 KiB of float32, some 10 microseconds of a pass;
 * a member that sleeps begins within 40, one that looks within 0.4 (threads.bench.ts).
 */
export const leastElements = 2 ** 15;

/** A loop's part: how long it is, and where it begins. */
interface Part {
  readonly from: number;
  readonly length: number;
}

/** Parts of at most so many, in whole cache lines of f32 where the loop runs along them. */
export function partsOf(length: number, threads: number, grain: number): readonly Part[] {
  const units = Math.ceil(length / grain);
  const cut = (part: number): number => Math.min(length, grain * Math.round((part * units) / threads));
  return Array.from({ length: threads }, (_, i) => ({ from: cut(i), length: cut(i + 1) - cut(i) })).filter(
    ({ length }) => length > 0,
  );
}

/** The loop as one call on all threads, with the arguments of `mapProgram`; undefined where it has too few parts. */
export function parallelMap(
  engine: Engine,
  options: Omit<MapOptions, "element" | "lanes">,
): ((...args: number[]) => void) | undefined {
  const { element, lanes, target, arithmetic, memory, threads } = engine;
  const [outer, ...inner] = options.nest as [Nest, ...Nest[]];
  const grain = inner.length === 0 ? 64 : 1;
  const parts = partsOf(outer.length, threads, grain);
  if (parts.length < threads) return undefined;
  const orders = parts.map(({ from, length }) => ({
    program: mapProgram({ ...options, element, lanes, nest: [{ ...outer, length }, ...inner] }),
    shifts: [
      ...outer.strides.map((stride) => from * stride * bytesOf[element]),
      ...Array.from({ length: options.settings }, () => 0),
    ],
  }));
  const [mine] = orders as [(typeof orders)[number]];
  const { call } = compile(mine.program, target, memory, { arithmetic });
  const orderFor = (member: number): ProgramOrder => ({
    ...(orders[member] as (typeof orders)[number]),
    ...{ target, arithmetic, range: memory.share(64) },
  });
  const task = teamOf(threads).prepare("program", orderFor, shareOfProgram(call, mine.shifts));
  return (...args) => {
    for (let i = 0; i < args.length; i++) task.numbers[i] = args[i] as number;
    task.run();
  };
}
