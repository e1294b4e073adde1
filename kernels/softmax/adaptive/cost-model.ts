/**
 * Where to cut a vocabulary: a model of what a softmax of k classes over B rows costs, fitted to our products, and the
 * cut-offs that it expects to be the cheapest (arXiv 1609.04309, section 4.1 and 4.2). The paper's model is a constant as
 * long as kB is small, and affine in kB beyond; ours also knows the width w: seconds = c + kB (e + f w), where e is what
 * exponentials and passes over the scores take, and f the three products of a training step.
 */
import { solve } from "../../tune/linear-system.ts";
import { type Clusters, cutAt } from "./clusters.ts";

/** Seconds of a training step of one softmax. */
export interface SoftmaxCost {
  /** c: whatever the size. */
  readonly call: number;
  /** e: for each score. */
  readonly score: number;
  /** f: for each score and feature. */
  readonly product: number;
}

/** A measured step. */
export interface CostSample {
  readonly classes: number;
  readonly rows: number;
  readonly width: number;
  readonly seconds: number;
}

/** What a step of this size costs. */
export function expectedSeconds(
  { call, score, product }: SoftmaxCost,
  { classes, rows, width }: Omit<CostSample, "seconds">,
): number {
  return call + classes * rows * (score + product * width);
}

/** The model with the least sum of squares of relative errors. @throws RangeError for fewer than three unlike samples */
export function fitCost(samples: readonly CostSample[]): SoftmaxCost {
  // In units that make the three columns of like size, for the sake of the normal equations.
  const units = [1e-5, 1e-9, 1e-11] as const;
  const rows = samples.map(({ classes, rows: batch, width, seconds }) =>
    [1, classes * batch, classes * batch * width].map((x, i) => (x * (units[i] as number)) / seconds),
  );
  const products = (i: number, j: number): number =>
    rows.reduce((sum, row) => sum + (row[i] as number) * (row[j] as number), 0);
  const matrix = [0, 1, 2].map((i) => [0, 1, 2].map((j) => products(i, j)));
  const right = [0, 1, 2].map((i) => rows.reduce((sum, row) => sum + (row[i] as number), 0));
  const [call, score, product] = solve(matrix, right).map((x, i) => x * (units[i] as number)) as [
    number,
    number,
    number,
  ];
  return { call, score, product };
}

/**
 * Fitted on a Zen 5 core at 4.1 GHz by `node kernels/softmax/adaptive/adaptive.bench.ts`, so that cut-offs are the same at
 * each run; on another machine they may not be the best, which the measured times show. Off by 5 to 11 % in the median.
 */
export const storedCosts: Readonly<Record<"js" | "wasm" | "native", SoftmaxCost>> = {
  js: { call: 9.69e-6, score: 1.63e-8, product: 2.25e-9 },
  wasm: { call: 5.16e-6, score: 2.89e-9, product: 1.34e-10 },
  native: { call: 5.63e-6, score: 1.51e-9, product: 2.17e-11 },
};

/** A vocabulary by falling probability, and the batches that it is met in. */
export interface Demand {
  readonly probabilities: Float64Array;
  readonly width: number;
  readonly batch: number;
}

/** What a training step of these clusters is expected to take. */
export function expectedStep(
  cost: SoftmaxCost,
  clusters: Clusters,
  { probabilities, batch }: Demand,
): number {
  const { width, head, tails } = clusters;
  const cumulative = cumulated(probabilities);
  return tails.reduce(
    (sum, { from, to, width: narrow }) => {
      const rows = batch * ((cumulative[to] as number) - (cumulative[from] as number));
      const projection = expectedSeconds({ ...cost, score: 0 }, { classes: narrow, rows, width });
      return sum + projection + expectedSeconds(cost, { classes: to - from, rows, width: narrow });
    },
    expectedSeconds(cost, { classes: head + tails.length, rows: batch, width }),
  );
}

/** Tried cut-offs are this far apart: the cost is flat around its minimum. */
const gridRatio = Math.SQRT2;
const leastHead = 64;
const mostTails = 4;

/** The clusters of up to four tails that the model expects to be the cheapest. */
export function chooseClusters(cost: SoftmaxCost, demand: Demand): Clusters {
  const vocabulary = demand.probabilities.length;
  const grid: number[] = [];
  for (let cutoff = leastHead; cutoff < vocabulary; cutoff *= gridRatio) grid.push(Math.round(cutoff));
  let best = cutAt(vocabulary, demand.width, []);
  let least = expectedStep(cost, best, demand);
  const search = (cutoffs: readonly number[], next: number): void => {
    for (let i = next; i < grid.length; i++) {
      const more = [...cutoffs, grid[i] as number];
      const clusters = cutAt(vocabulary, demand.width, more);
      const seconds = expectedStep(cost, clusters, demand);
      if (seconds < least) [best, least] = [clusters, seconds];
      if (more.length < mostTails) search(more, i + 1);
    }
  };
  search([], 0);
  return best;
}

const cumulatedOnce = new WeakMap<Float64Array, Float64Array>();

/** Sums of the first i probabilities. */
function cumulated(probabilities: Float64Array): Float64Array {
  const known = cumulatedOnce.get(probabilities);
  if (known) return known;
  const sums = new Float64Array(probabilities.length + 1);
  for (const [i, p] of probabilities.entries()) sums[i + 1] = (sums[i] as number) + p;
  cumulatedOnce.set(probabilities, sums);
  return sums;
}
