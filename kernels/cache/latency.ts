/**
 * How a cache shows itself in time: dependent loads that walk a random cycle through ever larger footprints. Each
 * level that the footprint outgrows is a step in the time of one load (Drepper, What every programmer should know
 * about memory, 2007, section 3.3.2). This file times the walk; `levels.ts` reads the steps.
 */

import { compile, kernelText } from "../codegen/compile.ts";
import { at, constant, load } from "../codegen/expressions.ts";
import { Memory } from "../codegen/memory.ts";
import { program } from "../codegen/program.ts";
import type { Bench, Candidate, Cell, VariantRef } from "../experiment.ts";
import { kernelTarget } from "../kernel-target.ts";
import { randomOrder } from "../random.ts";
import { chaseBytes, chaseSteps } from "./levels.ts";

const lineBytes = 64;
/** Words of 4 bytes in one line; each line holds one link of the cycle. */
const lineWords = lineBytes / 4;
/** Lines in a 4 KiB page. */
const pageLines = 64;

/**
 * Fills `words` with a cycle through all its lines: the word at the start of each line is the index of the next. The
 * order is random within a page and among pages, so that no prefetcher guesses it; a page is finished before the
 * next begins, so that the translation buffer's misses (one in 64 loads) do not look like a cache level.
 */
export function fillCycle(words: Int32Array, random: () => number): void {
  const lines = Math.floor(words.length / lineWords);
  const order: number[] = [];
  const pages = randomOrder(Math.ceil(lines / pageLines), random);
  for (const page of pages) {
    const first = page * pageLines;
    for (const line of randomOrder(Math.min(pageLines, lines - first), random)) order.push(first + line);
  }
  order.forEach((line, at) => {
    words[line * lineWords] = (order[(at + 1) % lines] as number) * lineWords;
  });
}

/** `chase(words, steps, end)`: follows the cycle for so many dependent loads and stores where it ended. */
export const chaseProgram = program("chase", (b) => {
  const words = b.pointer("words", "i32");
  const steps = b.integer("steps");
  const end = b.pointer("end", "i32");
  const position = b.variable("position", constant(0));
  b.loop("step", 0, steps, {}, () => b.set(position, load(at(words, position))));
  b.store(at(end), position);
});

/** Times the chase of every variant of a cell made by `levelsCell`; variants are interleaved. */
export async function measureLevels(cell: Cell, bench: Bench): Promise<void> {
  const refs = cell.variants.map((ref) => ({ ref, bytes: chaseBytes(ref) }));
  const total = refs.reduce((sum, { bytes }) => sum + bytes + lineBytes, 0);
  const memory = new Memory(total + lineBytes);
  const end = memory.allocate("i32", 1);
  const candidates = refs.map(({ ref, bytes }): Candidate => {
    const words = memory.allocate("i32", bytes / 4);
    fillCycle(words.view, bench.random(ref.variant));
    const kernel = compile(chaseProgram, kernelTarget(ref), memory, { arithmetic: "strict" });
    const run = (): void => kernel.call(words.address, chaseSteps(bytes), end.address);
    return { ...ref, run, check: () => checkEnd(words.view, end.view, run) };
  });
  await bench.compare(candidates, {
    against: null,
    ceiling: false,
    leastRounds: levelRounds,
    seconds: levelSeconds,
  });
}

/** The generated code of a chase, the same at every footprint. */
export function chaseText(ref: VariantRef): string {
  return kernelText(chaseProgram, kernelTarget(ref), { arithmetic: "strict" });
}

/** The walks are short and steady: a median of seven is enough to see a step of 1.5x. */
const levelRounds = 7;
const levelSeconds = 1;

function checkEnd(words: Int32Array, end: Int32Array, run: () => void): string | null {
  run();
  let at = 0;
  for (let step = 0; step < chaseSteps(4 * words.length); step++) at = words[at] as number;
  return at === end[0] ? null : `the chase must end at word ${at}; it ended at ${end[0]}`;
}
