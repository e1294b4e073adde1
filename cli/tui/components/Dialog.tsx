/** A framed box over the middle of the screen; it covers what is below it. */
import { Box } from "ink";
import type { ReactNode } from "react";
import { type Line, spread } from "../line.ts";
import type { Size } from "../model/state.ts";
import { Lines } from "./Lines.tsx";

export interface DialogPlace {
  readonly left: number;
  readonly top: number;
  readonly columns: number;
  readonly rows: number;
}

/** Where a dialog with so many rows of content stands. */
export function dialogPlace(size: Size, contentRows: number, wish = 72): DialogPlace {
  const columns = Math.min(wish, size.columns - 8);
  const rows = Math.min(contentRows + 4, size.rows - 2);
  return {
    columns,
    rows,
    left: Math.floor((size.columns - columns) / 2),
    top: Math.max(1, Math.floor((size.rows - rows) / 2) - 1),
  };
}

export interface DialogProps {
  readonly place: DialogPlace;
  readonly title: string;
  readonly lines: readonly Line[];
  /** Drawn over one of the lines: a field that is typed in. */
  readonly field?: { readonly row: number; readonly node: ReactNode };
}

/** Columns between the frame and the text on either side. */
export const dialogPadding = 2;

/** The box with its title in the frame. */
export function Dialog({ place, title, lines, field }: DialogProps) {
  const { left, top, columns, rows } = place;
  const edge = (text: string): Line => [{ text, role: "focus" }];
  const head: Line = [
    { text: "┏━ ", role: "focus" },
    { text: title, role: "focus" },
    { text: " ", role: "focus" },
  ];
  const tail = edge("━".repeat(Math.max(0, columns - title.length - 5)).concat("┓"));
  const padding = " ".repeat(dialogPadding);
  const body = Array.from({ length: rows - 2 }, (_, row): Line => {
    const inside = row === 0 || row === rows - 3 ? [] : (lines[row - 1] ?? []);
    return [
      ...edge("┃"),
      { text: padding },
      ...spread(inside, [], columns - 6),
      { text: padding },
      ...edge("┃"),
    ];
  });
  const foot = edge(`┗${"━".repeat(columns - 2)}┛`);
  return (
    <>
      <Box position="absolute" left={left} top={top}>
        <Lines lines={[spread(head, tail, columns), ...body, foot]} columns={columns} rows={rows} />
      </Box>
      {field && (
        <Box position="absolute" left={left + 1 + dialogPadding} top={top + 2 + field.row}>
          {field.node}
        </Box>
      )}
    </>
  );
}
