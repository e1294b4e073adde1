/**
 * From "how to draw one example" to a data set: sizes, bounds and a random stream for each example. Separate because
 * the promise that splits are disjoint is made here, once, for every drawn set.
 */
import { labelSeed, randomStream } from "../random.ts";
import { DataError, type DataSet, type Example, type Field, type Split, splits } from "./data-set.ts";

/** What every drawn set can be told. */
export interface DrawnOptions {
  /** Of all random numbers (default 1). Another seed is another set of the same kind. */
  readonly seed?: number;
  readonly sizes?: Partial<Readonly<Record<Split, number>>>;
}

/** Draws example `index` with its own random stream. */
export type Draw = (random: () => number, index: number) => Example;

export interface DrawnSet {
  readonly name: string;
  readonly fields: readonly Field[];
  readonly classes?: readonly string[];
  readonly draw: Draw;
}

// A quarter of all 32-bit numbers for each split: more examples than anybody draws, and no overlap.
const mostExamples = 2 ** 30;

const defaultSizes: Readonly<Record<Split, number>> = { train: 10_000, validation: 2000, test: 2000 };

/**
 * A data set whose examples are drawn when asked for. Different (split, index) have different seeds by construction, so
 * no two splits share an example's randomness.
 * @throws DataError at once for a size that is no whole number from 0 to 2^30, later for an index outside
 */
export function drawnSet(set: DrawnSet, { seed = 1, sizes = {} }: DrawnOptions): DataSet {
  const { draw, ...described } = set;
  const all = { ...defaultSizes, ...sizes };
  for (const split of splits) requireWhole(`set ${set.name}, size of ${split}`, all[split], mostExamples);
  const base = labelSeed(seed, set.name);
  return {
    ...described,
    sizes: all,
    example(split, index) {
      requireWhole(`set ${set.name}, split ${split}`, index, all[split] - 1);
      return draw(randomStream(exampleSeed(base, split, index)), index);
    },
  };
}

/** One to one in (split, index) for a given base: a sum and two invertible steps (murmur3's finaliser). */
function exampleSeed(base: number, split: Split, index: number): number {
  let z = (base + splits.indexOf(split) * mostExamples + index) | 0;
  z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
  z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
  return z ^ (z >>> 16);
}

function requireWhole(where: string, value: number, most: number): void {
  if (Number.isInteger(value) && value >= 0 && value <= most) return;
  throw new DataError(
    where,
    `a whole number from 0 to ${most}`,
    String(value),
    "Ask within it, or make the set with larger sizes.",
  );
}
