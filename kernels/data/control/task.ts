/** The contract of a control task: seeded episodes of observations, actions and rewards, the same bits on every machine. */
import { DataError } from "../data-set.ts";

export interface Step {
  readonly reward: number;
  /** The episode is over: nothing may be done any more. */
  readonly done: boolean;
}

export interface Episode {
  /** Numbers that describe the present state, fresh. */
  observe(): Float32Array;
  /** @throws DataError for an action that there is not, or after the end */
  act(action: number): Step;
}

export interface ControlTask {
  readonly name: string;
  /** Length of an observation. */
  readonly observations: number;
  readonly actions: readonly string[];
  /** Steps after which an episode ends by itself. */
  readonly longest: number;
  begin(seed: number): Episode;
}

/** What both tasks check before a step. */
export function requireAction(
  task: Pick<ControlTask, "name" | "actions">,
  action: number,
  over: boolean,
): void {
  if (over)
    throw new DataError(`task ${task.name}`, "an episode that goes on", "one that is over", "Begin another.");
  if (Number.isInteger(action) && action >= 0 && action < task.actions.length) return;
  throw new DataError(
    `task ${task.name}`,
    `an action from 0 to ${task.actions.length - 1}`,
    String(action),
    "Choose one of them.",
  );
}
