/**
 * Aligned tables that fit the terminal. Separate from terminal-text.ts because that is about one text, this about the
 * widths of many: a column is as wide as its widest cell, and where the terminal is narrower the flexible ones give.
 */
import { columnsOf, pad, sanitise, truncate } from "./terminal-text.ts";

export interface Column<Row> {
  readonly title: string;
  /** The plain text of a cell; it is sanitised here. */
  readonly text: (row: Row) => string;
  readonly align?: "left" | "right";
  /** The share of the shortage that this column takes when the terminal is too narrow (default 0: never shortened). */
  readonly flex?: number;
  /** Colours the cell after it has been cut and padded. */
  readonly style?: (text: string, row: Row) => string;
}

export interface TableOptions {
  /** Columns of the terminal; `Infinity` shows every cell whole. */
  readonly width: number;
  /** Colours the line of titles; without it the titles are printed as they are. */
  readonly heading?: (text: string) => string;
}

// Two spaces keep columns apart without lines, which screen readers and `cut` would trip over.
const gap = "  ";
// Narrower than this a cell says nothing: three Chinese characters or a short English word.
const narrowest = 7;

/** The lines of a table: titles, then one line a row; nothing but the titles where there is no row. */
export function table<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  options: TableOptions,
): string[] {
  const cells = rows.map((row) => columns.map((column) => sanitise(column.text(row))));
  const widths = shrunk(columns, naturalWidths(columns, cells), options.width);
  const heading = options.heading ?? ((text: string) => text);
  const line = (texts: readonly string[], style: (text: string, index: number) => string): string =>
    texts
      .map((text, index) => {
        const width = widths[index] ?? 0;
        const cut = truncate(text, width);
        const last = index === texts.length - 1 && columns[index]?.align !== "right";
        return style(last ? cut : pad(cut, width, columns[index]?.align), index);
      })
      .join(gap)
      .trimEnd();
  const titles = columns.map((column) => column.title);
  return [
    line(titles, heading),
    ...rows.map((row, at) =>
      line(cells[at] ?? [], (text, index) => columns[index]?.style?.(text, row) ?? text),
    ),
  ];
}

function naturalWidths<Row>(columns: readonly Column<Row>[], cells: readonly string[][]): number[] {
  return columns.map((column, index) =>
    cells.reduce((most, row) => Math.max(most, columnsOf(row[index] ?? "")), columnsOf(column.title)),
  );
}

/** Takes the shortage from the flexible columns by their shares, until they are as narrow as they may become. */
function shrunk<Row>(columns: readonly Column<Row>[], natural: readonly number[], width: number): number[] {
  const widths = [...natural];
  const total = (): number => widths.reduce((sum, each) => sum + each, 0) + gap.length * (widths.length - 1);
  for (let shortage = total() - width; shortage > 0; shortage = total() - width) {
    const shrinkable = columns
      .map((column, index) => ({ index, flex: column.flex ?? 0 }))
      .filter(({ index, flex }) => flex > 0 && (widths[index] ?? 0) > narrowest);
    if (shrinkable.length === 0) break;
    const shares = shrinkable.reduce((sum, { flex }) => sum + flex, 0);
    for (const { index, flex } of shrinkable) {
      const cut = Math.ceil((shortage * flex) / shares);
      widths[index] = Math.max(narrowest, (widths[index] ?? 0) - cut);
    }
  }
  return widths;
}
