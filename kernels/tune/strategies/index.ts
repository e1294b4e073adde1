/** Every strategy by name. */
import { evolution } from "./evolution.ts";
import { grid } from "./grid.ts";
import { random } from "./random.ts";
import type { StrategyRow } from "./strategy.ts";

/** All strategies, the default one first. */
export const strategies: readonly StrategyRow[] = [evolution, random, grid];

/** The strategy of this name. @throws RangeError for an unknown one */
export function strategyCalled(id: string): StrategyRow {
  const found = strategies.find((row) => row.id === id);
  if (found) return found;
  throw new RangeError(
    `unknown strategy "${id}"; expected one of ${strategies.map((row) => row.id).join(", ")}`,
  );
}
