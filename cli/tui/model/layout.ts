/**
 * How the screen is divided: which panes are visible at which width, and how many rows each has. Pure arithmetic, so
 * that paging and drawing agree.
 */
import type { LibraryPane, RunsPane, Size } from "./state.ts";

export interface PanePlace<Name> {
  readonly name: Name;
  readonly columns: number;
}

// Tabs above; message and footer below.
const frameRows = 3;
// The rule with the pane's title.
const titleRows = 1;
/** Columns between two panes: space, line, space. */
export const gutter = 3;

// From here on topics (28), articles (at least 36) and detail (at least 46) fit side by side.
const threePanes = 116;

/** Rows of content in a pane. */
export function paneRows({ rows }: Size): number {
  return rows - frameRows - titleRows;
}

/** The panes of the library that are visible, from left to right. */
export function libraryPanes({ columns }: Size, focus: LibraryPane): readonly PanePlace<LibraryPane>[] {
  if (columns >= threePanes) {
    const topics = Math.min(40, Math.max(28, Math.floor(columns * 0.22)));
    const left = columns - topics - 2 * gutter;
    const articles = Math.floor(left * 0.45);
    return [
      { name: "topics", columns: topics },
      { name: "articles", columns: articles },
      { name: "detail", columns: left - articles },
    ];
  }
  if (focus === "detail") return [{ name: "detail", columns }];
  const topics = focus === "topics" ? 32 : 0;
  if (topics > 0) {
    return [
      { name: "topics", columns: topics },
      { name: "articles", columns: columns - topics - gutter },
    ];
  }
  const articles = Math.floor((columns - gutter) * 0.48);
  return [
    { name: "articles", columns: articles },
    { name: "detail", columns: columns - gutter - articles },
  ];
}

/** The panes of the list of runs that are visible, from left to right. */
export function runsPanes({ columns }: Size, focus: RunsPane): readonly PanePlace<RunsPane>[] {
  if (columns < threePanes) return [{ name: focus, columns }];
  const list = Math.max(44, Math.floor(columns * 0.36));
  return [
    { name: "list", columns: list },
    { name: "detail", columns: columns - list - gutter },
  ];
}

/** Columns of a pane, or those of the whole screen where it is not visible. */
export function columnsOfPane<Name>(places: readonly PanePlace<Name>[], name: Name, size: Size): number {
  return places.find((place) => place.name === name)?.columns ?? size.columns;
}

/** Rows above the lines of a live run: what it does, and a line of space. */
export const runHeadRows = 3;
