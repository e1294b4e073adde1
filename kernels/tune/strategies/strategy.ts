/**
 * What every strategy does: it is asked for plans and told what came of them. A strategy keeps no random state: the
 * stream of each question comes from outside, so that a search that was interrupted goes on as if it had not been.
 */
import type { Point } from "../point.ts";
import type { Space } from "../space.ts";

/** What came of a plan that was asked for. */
export interface Told {
  readonly id: string;
  readonly plan: Point;
  /** Logarithm of its time over that of the default plan; undefined where it failed. */
  readonly logTime: number | undefined;
}

/** What a strategy may use to answer one question. */
export interface Question {
  readonly count: number;
  readonly random: () => number;
  /** The model's opinion: the logarithm of a plan's time over that of the default plan. */
  predict(plan: Point): number;
}

export interface Strategy {
  /** At most `count` plans that were not asked for before; fewer where the space has no more. */
  ask(question: Question): readonly Point[];
  tell(results: readonly Told[]): void;
}

export interface StrategyRow {
  readonly id: string;
  /** What it does, in a clause for help and README. */
  readonly does: string;
  create(space: Space): Strategy;
}
