/** The run that was started here, and the list of stored runs. */
import type { CommandId } from "../keys.ts";
import type { Source } from "../source.ts";
import { type Cursor, isMove, moved, scrolled, settled } from "./cursor.ts";
import { openExport } from "./dialogs.ts";
import { paneRows } from "./layout.ts";
import { isRunning, type RunsState, type State } from "./state.ts";
import { only, type Step } from "./step.ts";
import { liveView, storedRunView } from "./views.ts";

/** The step after a command on the screen of the live run. */
export function liveCommand(state: State, command: CommandId, source: Source): Step {
  const { live } = state;
  if (!live) return only({ ...state, screen: "library" });
  if (isMove(command)) {
    const { lines, rows } = liveView(state, source);
    const scroll = scrolled(live.scroll, command, lines.length, rows);
    const follow = scroll >= lines.length - rows;
    return only({ ...state, live: { ...live, scroll, follow } });
  }
  if (command === "back") return only({ ...state, screen: "library" });
  if (command === "export" && live.id !== undefined) return only(openExport(state, live.id));
  if (command !== "stop" || live.status !== "running") return only(state);
  return { state: { ...state, live: { ...live, status: "stopping" } }, effects: [{ type: "stop" }] };
}

/** The state with the list of runs read anew and shown. */
export function openRuns(state: State, source: Source): State {
  return reloadRuns({ ...state, screen: "runs" }, source);
}

/** The state with the list of runs of the moment, the same run chosen. */
export function reloadRuns(state: State, source: Source): State {
  const { list: before, cursor } = state.runs;
  const list = source.runs();
  const id = before[cursor.selected]?.id;
  const at = list.findIndex((run) => run.id === id);
  const known = before.length > 0 && at >= 0 ? at : 0;
  return atRun(changed(state, { list }), { ...cursor, selected: known }, source, true);
}

/** The state after a command on the screen of stored runs. */
export function runsCommand(state: State, command: CommandId, source: Source): State {
  const { runs } = state;
  if (isMove(command) && runs.pane === "list") {
    return atRun(state, moved(runs.cursor, command, runs.list.length, paneRows(state.size)), source);
  }
  if (isMove(command)) {
    const { lines, rows } = storedRunView(state, source);
    return changed(state, { scroll: scrolled(runs.scroll, command, lines.length, rows) });
  }
  switch (command) {
    case "open":
      return runs.detail ? changed(state, { pane: "detail" }) : state;
    case "next-pane":
    case "previous-pane":
      return changed(state, { pane: runs.pane === "list" && runs.detail ? "detail" : "list" });
    case "back":
      return runs.pane === "detail" ? changed(state, { pane: "list" }) : { ...state, screen: "library" };
    case "export":
      return runs.detail ? openExport(state, runs.detail.run.id) : state;
    default:
      return state;
  }
}

/** The state with cursors and scrolling inside their lists and texts; a followed run shows its newest lines. */
export function settledRuns(state: State, source: Source): State {
  const { runs, size, live } = state;
  const cursor = settled(runs.cursor, runs.list.length, paneRows(size));
  const next = changed(state, { cursor });
  if (!live) return next;
  const { lines, rows } = liveView(state, source);
  const end = Math.max(0, lines.length - rows);
  const scroll = live.follow && isRunning(live) ? end : Math.min(live.scroll, end);
  return { ...next, live: { ...live, scroll } };
}

function changed(state: State, part: Partial<RunsState>): State {
  return { ...state, runs: { ...state.runs, ...part } };
}

function atRun(state: State, cursor: Cursor, source: Source, anew = false): State {
  const { list, detail, scroll } = state.runs;
  const at = settled(cursor, list.length, paneRows(state.size));
  const id = list[at.selected]?.id;
  const same = id !== undefined && detail?.run.id === id;
  return changed(state, {
    cursor: at,
    detail: same && !anew ? detail : id === undefined ? undefined : source.run(id),
    scroll: same ? scroll : 0,
  });
}
