/** Which plans were already asked for or told, and how candidates are chosen among the others: alike in all strategies. */
import { type TunedBlocking, tunedId } from "../../gemm/tuned.ts";

/** Remembers plans by id. */
export class Seen {
  readonly #ids = new Set<string>();

  add(plan: TunedBlocking): void {
    this.#ids.add(tunedId(plan));
  }

  has(plan: TunedBlocking): boolean {
    return this.#ids.has(tunedId(plan));
  }

  /** Those that are new here, each once. */
  unseen(plans: Iterable<TunedBlocking>): TunedBlocking[] {
    const found = new Map<string, TunedBlocking>();
    for (const plan of plans) if (!this.has(plan)) found.set(tunedId(plan), plan);
    return [...found.values()];
  }
}

/** The `count` plans that the model likes best; of equal ones the earlier. */
export function bestPredicted(
  plans: readonly TunedBlocking[],
  count: number,
  predict: (plan: TunedBlocking) => number,
): TunedBlocking[] {
  return plans
    .map((plan) => ({ plan, predicted: predict(plan) }))
    .sort((a, b) => a.predicted - b.predicted)
    .slice(0, count)
    .map(({ plan }) => plan);
}
