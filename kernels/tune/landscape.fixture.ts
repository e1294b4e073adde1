/** Made-up landscapes for the tests: plans whose times follow from a formula, measured without a clock or a process. */

import type { TrialOutcome as Outcome } from "../experiment.ts";
import { labelSeed, randomStream } from "../random.ts";
import type { BatchRequest, Measure } from "./measure.ts";
import { type Point, pointOfName } from "./point.ts";
import { spaceOf } from "./space.ts";
import { strategies } from "./strategies/index.ts";
import { tuneTargets } from "./targets.ts";

/** A row of the table; the tests cannot run without one. */
export function first<T>(rows: readonly T[]): T {
  const [row] = rows;
  if (row === undefined) throw new Error("an empty table");
  return row;
}

export const wasm = first(tuneTargets);
export const evolution = first(strategies);
export const shape = { m: 640, n: 640, k: 640 };
export const space = spaceOf(wasm, "f32", shape);

/** Made-up seconds: a bowl in every knob around one optimum, away from the default plan. */
export function bowl(plan: Point): number {
  const away = (value: number, best: number): number => Math.log2(value / best) ** 2;
  const distance =
    2 * away(plan.mr, 5) +
    2 * away(plan.nr, 8) +
    0.2 * away(plan.kc, 192) +
    0.2 * away(plan.mc, 190) +
    0.2 * away(plan.nc, 256) +
    0.2 * away(plan.unroll, 2) +
    (plan.order === "pji" ? 0 : 0.2);
  return 1 + distance;
}

export interface MadeUp {
  readonly asked: BatchRequest[];
  readonly measure: Measure;
}

/** Measures by a formula, beside the default plan of a space, with relative noise; `asked` keeps every batch. */
export function madeUp(time: (plan: Point) => number, noise = 0, { start } = space): MadeUp {
  const asked: BatchRequest[] = [];
  return {
    asked,
    measure: async (batch) => {
      asked.push(batch);
      // Depends on the batch alone, so that a resumed search meets the same noise.
      const random = randomStream(labelSeed(1, batch.plans.join()));
      const of = (id: string): Outcome => measured(time, id, start, noise * (2 * random() - 1));
      return new Map(batch.plans.map((id) => [id, of(id)]));
    },
  };
}

/** An outcome whose interval is 1 % to either side. */
function measured(time: (plan: Point) => number, id: string, start: Point, error: number): Outcome {
  const plan = pointOfName(id);
  if (!plan) throw new Error(`no plan: ${id}`);
  const seconds = time(plan) * (1 + error);
  const around = (value: number) => ({ value, low: value * 0.99, high: value * 1.01 });
  return { state: "measured", seconds: around(seconds), speedUp: around(time(start) / seconds), rounds: 15 };
}
