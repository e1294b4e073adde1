/** The lines around the panes: tabs above, message and keys of the moment below. */
import { bindingsOf, keyName } from "../keys.ts";
import { blank, type Line, lineColumns, type Span, span, spread } from "../line.ts";
import { cellsDone, verdictCounts } from "../model/progress.ts";
import {
  contextOf,
  holds,
  isRunning,
  type LiveRun,
  leastSize,
  type Size,
  type State,
} from "../model/state.ts";
import { wrapped } from "./article-lines.ts";

/** Name of the program, the screens with their keys, and how far a run is. */
export function tabsLine({ screen, live, size }: State): Line {
  const tab = (key: string, name: string, current: boolean): Span[] => [
    { text: "  " },
    span(key, "key"),
    span(` ${name}`, current ? "focus" : "muted"),
  ];
  const tabs = [
    span(" kdaccel", "heading"),
    ...tab("1", "Library", screen === "library"),
    ...tab("2", "Runs", screen === "runs"),
    ...(live ? tab("3", live.id ? `Run ${live.id}` : "Run", screen === "run") : []),
  ];
  return spread(
    tabs,
    live ? [span(`${liveText(live)} `, isRunning(live) ? "running" : "muted")] : [],
    size.columns,
  );
}

/** How far the run is, in words; shown on every screen. */
export function liveText({ progress, status }: LiveRun): string {
  const { done, planned } = cellsDone(progress);
  if (status === "running" || status === "stopping") return `${status}, ${done} of ${planned} cells`;
  const counts = verdictCounts(progress);
  const verdicts = Object.entries(counts).filter(([, count]) => count > 0);
  return [status, ...verdicts.map(([verdict, count]) => `${count} ${verdict}`)].join(", ");
}

// A message that is longer still is cut: it would hide what it is about.
const mostMessageRows = 4;

/** The last message, as many lines as it takes; one empty line if there is none. */
export function messageLines({ message, size }: State): Line[] {
  if (!message) return [blank];
  const role = message.tone === "plain" ? undefined : message.tone;
  return wrapped(message.text, size.columns - 2, role, " ").slice(0, mostMessageRows);
}

// More keys than these are in the help overlay.
const mostKeys = 7;

/** The keys of the moment, each with a word; the last ones are left out where they do not fit. */
export function footerLine(state: State): Line {
  const shown = bindingsOf(contextOf(state), (condition) => holds(state, condition)).filter(
    ({ label }) => label,
  );
  const spans: Span[] = [];
  for (const { keys, label } of inOrder(shown).slice(0, mostKeys)) {
    const next = [{ text: "  " }, span(keyName(keys[0] ?? ""), "key"), span(` ${label}`, "muted")];
    if (lineColumns([...spans, ...next]) > state.size.columns) break;
    spans.push(...next);
  }
  return spans.slice(1).length > 0 ? [{ text: " " }, ...spans.slice(1)] : blank;
}

/** Help and quit stand last, where the eye finds them in every view. */
function inOrder<T extends { readonly command: string }>(shown: readonly T[]): T[] {
  const last = (it: T): boolean => it.command === "help" || it.command === "quit";
  const rest = shown.filter((it) => !last(it)).slice(0, mostKeys - shown.filter(last).length);
  return [...rest, ...shown.filter(last)];
}

/** What a terminal shows that is too small for the panes. */
export function tooSmallLines({ columns, rows }: Size): Line[] {
  const text = [
    `kdaccel needs ${leastSize.columns} columns and ${leastSize.rows} rows; this terminal has ${columns} and ${rows}.`,
    "Make it larger, or press q and use `kdaccel --help`: every command works in any width.",
  ];
  return text.flatMap((sentence) => wrapped(sentence, Math.max(8, columns)));
}
