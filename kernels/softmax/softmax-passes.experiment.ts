/**
 * What passes over a row cost: softmax without its maximum, with it, and with maximum and sum in one pass, on rows that
 * lie in memory, beside the bandwidth of a stream.
 */
import type { Cell, ExperimentRow, Profile, Settings } from "../experiment.ts";
import { comparedTargets, on } from "../targets.ts";
import type { SoftmaxAlgorithm } from "./programs/rows.ts";

export const passVariants: readonly SoftmaxAlgorithm[] = ["naive", "stable", "online"];

/** Lengths of rows; 1,000 is ImageNet's classes, 30,000 a vocabulary of BERT's size. */
export const rowLengths: Readonly<Record<Profile, readonly number[]>> = {
  quick: [1000, 30_000],
  standard: [100, 1000, 30_000, 1_000_000],
  full: [16, 100, 1000, 30_000, 1_000_000],
};

/** Elements of the input and of the output: 64 MiB each, beyond every cache of a desktop machine. */
export const arrayElements = 2 ** 24;

export const passWorkload = (n: number): string => `rows of ${n}`;

/** The length of the rows that a workload names. */
export function rowLength(workload: string): number {
  const n = /^rows of (\d+)$/.exec(workload)?.[1];
  if (!n) throw new RangeError(`expected a workload such as "rows of 1000"; found ${workload}`);
  return Number(n);
}

export const softmaxPasses: ExperimentRow = {
  id: "softmax-passes",
  title: { en: "Softmax: what a pass over the row costs", zh: "softmax：每遍扫描的代价" },
  question:
    "How much of streaming bandwidth does softmax reach in two passes (unsafe), in three, and online in two that compute " +
    "every power twice?",
  topics: ["softmax"],
  claims: [],
  charts: [{ kind: "bars", title: "Bytes read once and written once, by algorithm", metric: "bandwidth" }],
  plan,
};

function plan(settings: Settings): readonly Cell[] {
  const variants = comparedTargets(settings).flatMap((target) => on(target, passVariants));
  if (variants.length === 0) return [];
  return rowLengths[settings.profile].map((n) => ({ workload: passWorkload(n), variants, seconds: 8 }));
}
