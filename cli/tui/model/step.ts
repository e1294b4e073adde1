/** What happens to the state (actions), and what a change asks the outside to do (effects): both plain data. */
import type { Profile } from "../../../kernels/experiment.ts";
import type { RunEvent } from "../../../kernels/run-events.ts";
import type { Press } from "../press.ts";
import type { Message, Size, State } from "./state.ts";

export type Action =
  | { readonly type: "press"; readonly press: Press }
  | { readonly type: "paste"; readonly text: string }
  | { readonly type: "resize"; readonly size: Size }
  | { readonly type: "run-began"; readonly id: string }
  | { readonly type: "run-events"; readonly events: readonly RunEvent[] }
  | {
      readonly type: "run-ended";
      readonly outcome: "finished" | "stopped" | "failed";
      readonly message: Message;
    }
  | { readonly type: "exported"; readonly message: Message; readonly written: boolean };

export type Effect =
  | { readonly type: "start"; readonly experiments: readonly string[]; readonly profile: Profile }
  | { readonly type: "stop" }
  | { readonly type: "export"; readonly run: string; readonly directory: string }
  | { readonly type: "quit" };

export interface Step {
  readonly state: State;
  readonly effects: readonly Effect[];
}

/** A step that only changes the state. */
export function only(state: State): Step {
  return { state, effects: [] };
}
