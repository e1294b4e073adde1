/** Which plans were already asked for or told, and how candidates are chosen among the others: alike in all strategies. */
import { type Point, pointName } from "../point.ts";

/** Remembers plans by id. */
export class Seen {
  readonly #ids = new Set<string>();

  add(plan: Point): void {
    this.#ids.add(pointName(plan));
  }

  has(plan: Point): boolean {
    return this.#ids.has(pointName(plan));
  }

  /** Those that are new here, each once. */
  unseen(plans: Iterable<Point>): Point[] {
    const found = new Map<string, Point>();
    for (const plan of plans) if (!this.has(plan)) found.set(pointName(plan), plan);
    return [...found.values()];
  }
}

/** The `count` plans that the model likes best; of equal ones the earlier. */
export function bestPredicted(
  plans: readonly Point[],
  count: number,
  predict: (plan: Point) => number,
): Point[] {
  return plans
    .map((plan) => ({ plan, predicted: predict(plan) }))
    .sort((a, b) => a.predicted - b.predicted)
    .slice(0, count)
    .map(({ plan }) => plan);
}
