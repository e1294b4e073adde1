/**
 * A waterfall before it is drawn: which measured variants form the chain, what each step multiplies the rate by, and
 * where its bar begins and ends. Apart from the drawing, because the text twin and the tests read the same.
 */
import type { ChartHint, Measurement, VariantRef } from "../../kernels/experiment.ts";
import type { Difference } from "../../kernels/measure/statistics/difference.ts";
import { meansVariant, sameVariant, variantRef } from "../../kernels/variant.ts";
import { differenceIn } from "../difference-words.ts";
import type { ChartSource } from "./points.ts";

/** One step over the step before. */
export interface Step extends VariantRef {
  readonly title: string;
  /** The paired ratio over the step before. */
  readonly ratio: Measurement;
  readonly difference: Difference | undefined;
  /** Rate before the step, after it, and the ends of its interval: the ratio's, times the rate before. */
  readonly from: number;
  readonly to: number;
  readonly low: number;
  readonly high: number;
}

export interface Waterfall {
  readonly workload: string;
  /** The first contestant with its rate: where the fall begins. */
  readonly start: VariantRef & { readonly title: string; readonly rate: Measurement };
  readonly steps: readonly Step[];
  /** The last over the first, paired like every step; undefined where it was not measured. */
  readonly total: Measurement | undefined;
}

/** The waterfalls of a source, one a workload, in the order of the run; a chain needs a start and a step. */
export function waterfallsIn(hint: ChartHint, source: ChartSource): readonly Waterfall[] {
  const groups = Map.groupBy(
    source.measurements.filter((m) => m.correct !== false),
    (m) => m.workload,
  );
  return [...groups].flatMap(([workload, measured]) => {
    const chain = chainOf(hint, measured);
    return chain ? [{ workload, ...chain }] : [];
  });
}

type Chain = Omit<Waterfall, "workload">;

/** Follows the hint's steps through what was measured; one without a ratio over its predecessor is passed over. */
function chainOf(hint: ChartHint, measured: readonly Measurement[]): Chain | undefined {
  const rates = measured.filter((m) => m.metric === hint.metric && m.value > 0);
  const present = (hint.steps ?? []).flatMap((step) =>
    rates
      .filter((m) => meansVariant(step, m))
      .map((m) => ({ ...variantRef(m), title: titleOf(step.title, m) })),
  );
  const [first, ...rest] = present;
  const rate = rates.find((m) => first && sameVariant(m, first));
  if (!first || !rate) return undefined;
  const steps: Step[] = [];
  let before: VariantRef = first;
  let from = rate.value;
  for (const { title, variant, target } of rest) {
    const ratio = ratioOf(measured, { variant, target }, before);
    if (!ratio) continue;
    const to = from * ratio.value;
    const ends = { low: from * ratio.low, high: from * ratio.high };
    steps.push({ title, variant, target, ratio, difference: differenceIn(ratio), from, to, ...ends });
    before = { variant, target };
    from = to;
  }
  if (steps.length === 0) return undefined;
  const { title, variant, target } = first;
  return { start: { title, variant, target, rate }, steps, total: ratioOf(measured, before, first) };
}

/** A step that a name's beginning stands for may run on one thread or on several. */
function titleOf(title: string, { threads }: Measurement): string {
  return threads > 1 && !title.includes("threads") ? `${title}, ${threads} threads` : title;
}

function ratioOf(
  measured: readonly Measurement[],
  of: VariantRef,
  over: VariantRef,
): Measurement | undefined {
  return measured.find(
    (m) =>
      m.metric === "speed-up" && sameVariant(m, of) && m.against && sameVariant(m.against, over) && m.low > 0,
  );
}
