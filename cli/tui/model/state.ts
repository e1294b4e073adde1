/**
 * The state of the terminal UI: plain data, changed only by `update.ts`. What can be derived (visible rows, lines of
 * text) is not in it.
 */
import type { RunSummary, StoredRun } from "../../../catalog/ledger.ts";
import type { Profile } from "../../../kernels/experiment.ts";
import type { Condition, Context } from "../keys.ts";
import type { ArticleDetail, ArticleRow, Scope, TopicDetail, TopicRow } from "../source.ts";
import { atTop, type Cursor } from "./cursor.ts";
import { cellsDone, type Progress } from "./progress.ts";
import { fieldOf, type TextField } from "./text-field.ts";

export type LibraryPane = "topics" | "articles" | "detail";
export type RunsPane = "list" | "detail";

export interface LibraryState {
  readonly pane: LibraryPane;
  readonly topics: readonly TopicRow[];
  readonly topic: Cursor;
  /** Articles of the topic, or those of them that the search found. */
  readonly articles: readonly ArticleRow[];
  readonly article: Cursor;
  /** How many articles of the topic the search found; more than are listed where it found very many. */
  readonly found: number;
  /** How many articles the topic has, found or not. */
  readonly total: number;
  readonly query: TextField;
  /** Whether typed characters go to the query. */
  readonly typing: boolean;
  readonly suggestion: string | undefined;
  /** The row of the topic that was chosen before the search widened the scope to the whole list. */
  readonly topicBefore: Cursor;
  /** What the detail is about: what the keys last chose. */
  readonly subject: "topic" | "article";
  readonly about: TopicDetail | undefined;
  readonly detail: ArticleDetail | undefined;
  readonly scroll: number;
}

export interface RunsState {
  readonly pane: RunsPane;
  readonly list: readonly RunSummary[];
  readonly cursor: Cursor;
  readonly detail: StoredRun | undefined;
  readonly scroll: number;
}

/** The run that was started here, going on or ended. */
export interface LiveRun {
  /** `r12`; undefined until it is stored. */
  readonly id: string | undefined;
  readonly title: string;
  readonly profile: Profile;
  readonly progress: Progress;
  readonly status: "running" | "stopping" | "finished" | "stopped" | "failed";
  readonly scroll: number;
  /** Keeps the newest lines in view until the reader scrolls up. */
  readonly follow: boolean;
}

/** One line of the dialog that chooses what to run: all that match, or one of them. */
export interface Choice {
  readonly title: string;
  readonly note: string;
  readonly experiments: readonly string[];
  /** Expected seconds under each profile. */
  readonly seconds: Readonly<Record<Profile, number>>;
}

export type Overlay =
  | {
      readonly kind: "choose";
      readonly title: string;
      readonly scope: Scope;
      readonly choices: readonly Choice[];
      readonly cursor: Cursor;
      readonly profile: Profile;
    }
  | { readonly kind: "export"; readonly run: string; readonly field: TextField; readonly busy: boolean }
  | { readonly kind: "leave" }
  | { readonly kind: "help"; readonly about: Context; readonly filter: TextField; readonly scroll: number };

export interface Message {
  readonly text: string;
  readonly tone: "plain" | "warning" | "failure";
}

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

export interface State {
  readonly screen: "library" | "run" | "runs";
  readonly size: Size;
  readonly library: LibraryState;
  readonly runs: RunsState;
  readonly live: LiveRun | undefined;
  readonly overlay: Overlay | undefined;
  readonly message: Message | undefined;
  /** Which title stands first. */
  readonly titles: "en" | "zh";
}

/** What the keys act on in this state. */
export function contextOf(state: State): Context {
  if (isTooSmall(state.size)) return "too-small";
  if (state.overlay) return state.overlay.kind;
  if (state.screen === "run") return "run";
  if (state.screen === "runs") return state.runs.pane === "list" ? "runs" : "run-detail";
  return state.library.typing ? "search" : state.library.pane;
}

/** Whether a condition of a key binding holds. */
export function holds(state: State, condition: Condition): boolean {
  switch (condition) {
    case "running":
      return isRunning(state.live);
    case "ended":
      return (
        state.live?.id !== undefined && !isRunning(state.live) && cellsDone(state.live.progress).done > 0
      );
    case "has-run":
      return state.live !== undefined;
    case "searching":
      return state.library.query.text !== "";
  }
}

/** Whether a run goes on. */
export function isRunning(live: LiveRun | undefined): boolean {
  return live?.status === "running" || live?.status === "stopping";
}

/** The smallest terminal that shows two panes and a bar with its figures. */
export const leastSize: Size = { columns: 80, rows: 24 };

/** Whether the terminal is smaller than that. */
export function isTooSmall({ columns, rows }: Size): boolean {
  return columns < leastSize.columns || rows < leastSize.rows;
}

/** The state before anything was read. */
export function emptyState(size: Size): State {
  return {
    screen: "library",
    size,
    library: {
      pane: "topics",
      topics: [],
      topic: atTop,
      articles: [],
      article: atTop,
      found: 0,
      total: 0,
      query: fieldOf(""),
      typing: false,
      suggestion: undefined,
      topicBefore: atTop,
      subject: "article",
      about: undefined,
      detail: undefined,
      scroll: 0,
    },
    runs: { pane: "list", list: [], cursor: atTop, detail: undefined, scroll: 0 },
    live: undefined,
    overlay: undefined,
    message: undefined,
    titles: "en",
  };
}
