/** Holds the state and tells those who draw it when it changed. Knows neither Ink nor the database. */
import type { State } from "./model/state.ts";
import type { Action, Effect } from "./model/step.ts";
import { update } from "./model/update.ts";
import type { Source } from "./source.ts";

export interface Store {
  get(): State;
  /** Calls back after each change until the returned function is called. */
  subscribe(changed: () => void): () => void;
  act(action: Action): void;
}

/** Carries out an effect; what comes of it later is acted on the store. */
export type Perform = (effect: Effect, act: (action: Action) => void) => void;

/** A store that begins in the given state. */
export function createStore(initial: State, source: Source, perform: Perform): Store {
  let state = initial;
  const listeners = new Set<() => void>();
  const act = (action: Action): void => {
    const step = update(state, action, source);
    const changed = step.state !== state;
    state = step.state;
    for (const effect of step.effects) perform(effect, act);
    if (changed) for (const listener of listeners) listener();
  };
  return {
    get: () => state,
    subscribe(changed) {
      listeners.add(changed);
      return () => listeners.delete(changed);
    },
    act,
  };
}
