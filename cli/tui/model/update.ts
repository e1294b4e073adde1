/**
 * The one place where the state changes: state and action in, state and effects out. Pure but for what the source
 * reads; effects are data that `effects.ts` carries out.
 */
import type { RunEvent } from "../../../kernels/run-events.ts";
import { type CommandId, commandFor, takesText } from "../keys.ts";
import type { Press } from "../press.ts";
import type { Source } from "../source.ts";
import { dialogCommand, dialogText, openHelp } from "./dialogs.ts";
import { libraryCommand, queryTyped, reloadLibrary, settledLibrary } from "./library.ts";
import { withEvent } from "./progress.ts";
import { liveCommand, openRuns, reloadRuns, runsCommand, settledRuns } from "./runs.ts";
import { contextOf, holds, isRunning, type State } from "./state.ts";
import { type Action, only, type Step } from "./step.ts";

/** The state after an action, and what is to be done. */
export function update(state: State, action: Action, source: Source): Step {
  switch (action.type) {
    case "press":
      return pressed(state, action.press, source);
    case "paste":
      return takesText(contextOf(state)) ? only(typedText(state, action.text, source)) : only(state);
    case "resize":
      return only(settled({ ...state, size: action.size }, source));
    case "run-began":
      return only(state.live ? { ...state, live: { ...state.live, id: action.id } } : state);
    case "run-events":
      return only(withEvents(state, action.events, source));
    case "run-ended":
      return only(ended(state, action, source));
    case "exported":
      return only({
        ...state,
        overlay: action.written ? undefined : idle(state.overlay),
        message: action.message,
      });
  }
}

function pressed(state: State, press: Press, source: Source): Step {
  const context = contextOf(state);
  const command = commandFor(context, press.key, (condition) => holds(state, condition));
  const quiet = { ...state, message: undefined };
  if (command !== undefined) return commanded(quiet, command, source);
  return only(press.text && takesText(context) ? typedText(quiet, press.text, source) : quiet);
}

/** A command: those that mean the same everywhere here, the others where they belong. */
function commanded(state: State, command: CommandId, source: Source): Step {
  if (command === "interrupt") return { state, effects: [{ type: "quit" }] };
  if (command === "quit") return quit(state);
  if (state.overlay) return dialogCommand(state, command, source);
  if (command === "help") return only(openHelp(state));
  if (command === "library") return only({ ...state, screen: "library" });
  if (command === "runs") return only(openRuns(state, source));
  if (command === "live") return only(state.live ? { ...state, screen: "run" } : state);
  if (state.screen === "run") return liveCommand(state, command, source);
  if (state.screen === "runs") return only(runsCommand(state, command, source));
  return only(libraryCommand(state, command, source));
}

/** Quits, but asks first where a run would be stopped by it. */
function quit(state: State): Step {
  if (isRunning(state.live)) return only({ ...state, overlay: { kind: "leave" } });
  return { state, effects: [{ type: "quit" }] };
}

function typedText(state: State, text: string, source: Source): State {
  return state.overlay ? dialogText(state, text) : queryTyped(state, text, source);
}

function withEvents(state: State, events: readonly RunEvent[], source: Source): State {
  if (!state.live) return state;
  const progress = events.reduce(withEvent, state.live.progress);
  return settled({ ...state, live: { ...state.live, progress } }, source);
}

function ended(state: State, action: Extract<Action, { type: "run-ended" }>, source: Source): State {
  if (!state.live) return state;
  const { outcome, message } = action;
  const progress = { ...state.live.progress, doing: null, finished: true };
  const next = { ...state, live: { ...state.live, progress, status: outcome }, message };
  const overlay = next.overlay?.kind === "leave" ? undefined : next.overlay;
  return settled(reloadRuns(reloadLibrary({ ...next, overlay }, source), source), source);
}

function idle(overlay: State["overlay"]): State["overlay"] {
  return overlay?.kind === "export" ? { ...overlay, busy: false } : overlay;
}

function settled(state: State, source: Source): State {
  return settledRuns(settledLibrary(state), source);
}
