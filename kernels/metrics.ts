/**
 * Every metric by name: unit, direction, and how a person reads it. The name is a term of the field with the unit
 * apart; "better" is a part of the definition so that no consumer has to guess it.
 */

export interface Metric {
  readonly id: string;
  readonly title: string;
  readonly unit: string;
  readonly better: "lower" | "higher" | "neither";
  /** A part of a whole: a person reads it in percent. */
  readonly share?: true;
  /** What it can be at all, where an interval of a mean over few seeds might go beyond: it is cut there. */
  readonly range?: readonly [least: number, most: number];
}

const proportion = { share: true, range: [0, 1] } as const;
const nonNegative = { range: [0, Number.POSITIVE_INFINITY] } as const;

const table = [
  { id: "time", title: "time", unit: "s", better: "lower" },
  { id: "throughput", title: "throughput", unit: "GFLOP/s", better: "higher" },
  { id: "peak-fraction", title: "share of peak", unit: "1", better: "higher", share: true },
  {
    id: "predicted-peak-fraction",
    title: "predicted share of peak",
    unit: "1",
    better: "neither",
    share: true,
  },
  { id: "speed-up", title: "speed-up", unit: "x", better: "higher" },
  { id: "expected-speed-up", title: "speed-up that the cost model expects", unit: "x", better: "neither" },
  { id: "bandwidth", title: "bandwidth", unit: "GB/s", better: "higher" },
  { id: "cache-misses", title: "cache misses", unit: "1", better: "lower" },
  { id: "cache-accesses", title: "cache accesses", unit: "1", better: "lower" },
  { id: "registers-needed", title: "vector registers needed", unit: "1", better: "neither" },
  { id: "loads-per-fma", title: "vector loads per vector multiply-add", unit: "1", better: "lower" },
  { id: "loads", title: "loads", unit: "1", better: "lower" },
  { id: "stores", title: "stores", unit: "1", better: "lower" },
  { id: "max-error", title: "largest error", unit: "1", better: "lower" },
  { id: "mean-error", title: "mean absolute error", unit: "1", better: "lower" },
  { id: "mismatches", title: "mismatching results", unit: "1", better: "lower" },
  { id: "cases", title: "cases tried", unit: "1", better: "neither" },
  { id: "intensity", title: "operational intensity", unit: "FLOP/B", better: "neither" },
  { id: "simulated-intensity", title: "intensity at a simulated L1", unit: "FLOP/B", better: "higher" },
  { id: "bytes-moved", title: "bytes moved", unit: "B", better: "lower" },
  { id: "working-set", title: "working set", unit: "B", better: "neither" },
  { id: "level-capacity", title: "capacity of the level", unit: "B", better: "neither" },
  { id: "workspace", title: "workspace", unit: "B", better: "lower" },
  { id: "unfolded-input", title: "unfolded input", unit: "B", better: "neither" },
  { id: "unfolded-ratio", title: "unfolded values per input value", unit: "1", better: "lower" },
  { id: "indirection-buffer", title: "indirection buffer", unit: "B", better: "lower" },
  { id: "time-share", title: "share of time", unit: "1", better: "neither", share: true },
  { id: "last-level-cache", title: "last-level cache", unit: "B", better: "neither" },
  { id: "misses-per-mac", title: "cache misses per multiply-add", unit: "1", better: "lower" },
  { id: "error-saved", title: "mean absolute error saved", unit: "1", better: "higher" },
  { id: "standard-error", title: "standard error of the mean", unit: "1", better: "lower" },
  { id: "macs", title: "multiply-accumulates", unit: "1", better: "neither" },
  { id: "mma-steps", title: "matrix multiply-accumulate steps", unit: "1", better: "lower" },
  { id: "test-error", title: "test error", unit: "1", better: "lower", ...proportion },
  {
    id: "test-error-change",
    title: "change of the test error",
    unit: "1",
    better: "lower",
    share: true,
  },
  { id: "test-loss", title: "test loss", unit: "nat", better: "lower", ...nonNegative },
  { id: "training-loss", title: "training loss", unit: "nat", better: "lower" },
  {
    id: "retrieval-error",
    title: "share whose nearest is of another class",
    unit: "1",
    better: "lower",
    ...proportion,
  },
  {
    id: "retrieval-error-change",
    title: "change of the retrieval error",
    unit: "1",
    better: "lower",
    share: true,
  },
  { id: "churn", title: "mean difference of probabilities", unit: "1", better: "lower", ...proportion },
  { id: "churn-change", title: "change of the churn", unit: "1", better: "lower", share: true },
  { id: "steps-saved", title: "share of steps saved", unit: "1", better: "higher", share: true },
  { id: "gap-closed", title: "share of the gap closed", unit: "1", better: "higher", share: true },
  { id: "errors-saved", title: "share of errors saved", unit: "1", better: "higher", share: true },
  { id: "unseen-recall", title: "recall of the unseen class", unit: "1", better: "higher", ...proportion },
  { id: "corrected-error", title: "test error with the bias set", unit: "1", better: "lower", ...proportion },
  { id: "bias", title: "bias added", unit: "1", better: "neither" },
  { id: "test-loss-change", title: "change of the test loss", unit: "nat", better: "lower" },
  ...(["small", "medium", "large"] as const).flatMap((level) => [
    {
      id: `loss-rise-${level}`,
      title: `loss added by ${level} noise on weights`,
      unit: "nat",
      better: "lower",
    } as const,
    {
      id: `loss-rise-${level}-change`,
      title: `change of the loss added by ${level} noise`,
      unit: "nat",
      better: "lower",
    } as const,
  ]),
  { id: "perplexity", title: "perplexity", unit: "1", better: "lower" },
  {
    id: "perplexity-excess",
    title: "perplexity above the other's, relative",
    unit: "1",
    better: "lower",
    share: true,
  },
  { id: "unigram-perplexity", title: "perplexity of word frequencies alone", unit: "1", better: "neither" },
  { id: "least-perplexity", title: "least possible perplexity", unit: "1", better: "neither" },
  { id: "weights", title: "weights", unit: "1", better: "lower" },
  { id: "agreement", title: "share of equal answers", unit: "1", better: "higher", ...proportion },
  { id: "correlation", title: "correlation", unit: "1", better: "higher", range: [-1, 1] },
  { id: "parameters", title: "parameters", unit: "1", better: "lower" },
  { id: "inference-flops", title: "operations an example", unit: "FLOP", better: "lower" },
  { id: "training-time", title: "time of training", unit: "s", better: "lower", ...nonNegative },
  { id: "reads-per-mac", title: "operand reads per multiply-accumulate", unit: "1", better: "lower" },
  { id: "chance", title: "share of random relabellings that do as well", unit: "1", better: "lower" },
  { id: "gradient-ratio", title: "soft over hard gradient", unit: "x", better: "neither" },
  { id: "gradient-spread", title: "largest over least ratio of gradients", unit: "x", better: "lower" },
  {
    id: "gradient-cosine",
    title: "cosine of gradient and difference of logits",
    unit: "1",
    better: "higher",
    range: [-1, 1],
  },
] as const satisfies readonly Metric[];

export type MetricId = (typeof table)[number]["id"];

const byId = new Map<string, Metric>(table.map((metric) => [metric.id, metric]));

/** All metrics, in the order in which tables show them. */
export const metrics: readonly Metric[] = table;

/** The definition of a metric; throws where nobody defined it, because a number without a unit is none. */
export function metric(id: string): Metric {
  const found = byId.get(id);
  if (!found) throw new Error(`unknown metric "${id}"; add it to kernels/metrics.ts`);
  return found;
}
