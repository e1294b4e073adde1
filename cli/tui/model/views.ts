/**
 * The texts of the scrolling panes, derived from the state: what is drawn and what scrolling is clamped to. Kept while
 * their input is the same, because a key press redraws all of them.
 */

import type { Line } from "../line.ts";
import type { Source } from "../source.ts";
import { articleLines, topicLines } from "../text/article-lines.ts";
import { help } from "../text/help-lines.ts";
import { runLines } from "../text/run-lines.ts";
import { storedRunLines } from "../text/stored-run-lines.ts";
import { columnsOfPane, libraryPanes, paneRows, runHeadRows, runsPanes } from "./layout.ts";
import { contextOf, holds, type State } from "./state.ts";

/** A text of a pane, and how many rows of it are visible. */
export interface View {
  readonly lines: readonly Line[];
  readonly rows: number;
}

const nothing: readonly Line[] = [];

/** The detail of the article or topic that was chosen. */
export function detailView({ library, size, titles }: State): View {
  const { detail, about, subject } = library;
  const columns = columnsOfPane(libraryPanes(size, library.pane), "detail", size);
  const key = `${columns} ${titles}`;
  const rows = paneRows(size);
  if (subject === "topic" && about) {
    return { lines: kept(about, key, () => topicLines(about, columns, titles)), rows };
  }
  return { lines: detail ? kept(detail, key, () => articleLines(detail, columns, titles)) : nothing, rows };
}

/** The results of the run that was started here. */
export function liveView({ live, size, titles }: State, source: Source): View {
  const options = { columns: size.columns, title: (id: string) => source.experimentTitle(id)[titles] };
  const lines = live
    ? kept(live.progress, `${size.columns} ${titles}`, () => runLines(live.progress, options))
    : nothing;
  return { lines, rows: paneRows(size) - runHeadRows };
}

/** The stored run that is read. */
export function storedRunView({ runs, size, titles }: State, source: Source): View {
  const { detail } = runs;
  const columns = columnsOfPane(runsPanes(size, runs.pane), "detail", size);
  const options = { columns, title: (id: string) => source.experimentTitle(id)[titles] };
  const lines = detail
    ? kept(detail, `${columns} ${titles}`, () => storedRunLines(detail, options))
    : nothing;
  return { lines, rows: paneRows(size) };
}

/** The keys of the view that help is about, as far as they match the filter. */
export function helpView(state: State): View {
  const { overlay, size } = state;
  if (overlay?.kind !== "help") return { lines: nothing, rows: 0 };
  const under = { ...state, overlay: undefined };
  const context = contextOf(under) === "too-small" ? overlay.about : contextOf(under);
  const lines = help(context, overlay.filter.text, (condition) => holds(under, condition));
  // Border, title, field, a line of space and the footer stay visible around it.
  return { lines, rows: size.rows - 10 };
}

const cache = new WeakMap<object, { readonly key: string; readonly lines: readonly Line[] }>();

function kept(of: object, key: string, make: () => readonly Line[]): readonly Line[] {
  const known = cache.get(of);
  if (known?.key === key) return known.lines;
  const lines = make();
  cache.set(of, { key, lines });
  return lines;
}
