/** A list in a pane: only the rows that are visible, the chosen one marked. */
import type { Line } from "../line.ts";
import type { Cursor } from "../model/cursor.ts";
import { type ListView, listLines } from "../text/list-lines.ts";
import { Lines } from "./Lines.tsx";

/** The visible rows of a list, or a sentence where it is empty. */
export function List<Row>({ empty, ...view }: ListView<Row> & { readonly empty: readonly Line[] }) {
  const lines = view.rows.length === 0 ? empty : listLines(view);
  return <Lines lines={lines} columns={view.columns} rows={view.height} />;
}

/** `12 of 57`: where one is in a list. */
export function placeIn(cursor: Cursor, count: number): string {
  return count === 0 ? "" : `${cursor.selected + 1} of ${count}`;
}
