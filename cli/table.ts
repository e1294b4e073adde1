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
  /** Spaces before the text, as trees have them. */
  readonly indent?: (row: Row) => number;
  /** How much of a narrow terminal this column claims against other flexible ones (default 0: never shortened). */
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
  const cells = rows.map((row) => columns.map((column) => cellText(column, row)));
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

/** Columns of a terminal that show every cell whole. */
export function tableWidth<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): number {
  const cells = rows.map((row) => columns.map((column) => cellText(column, row)));
  return sumOf(naturalWidths(columns, cells));
}

/** Widths of columns with the gaps between them. */
function sumOf(widths: readonly number[]): number {
  return widths.reduce((sum, each) => sum + each, 0) + gap.length * (widths.length - 1);
}

function cellText<Row>(column: Column<Row>, row: Row): string {
  return " ".repeat(column.indent?.(row) ?? 0) + sanitise(column.text(row));
}

function naturalWidths<Row>(columns: readonly Column<Row>[], cells: readonly string[][]): number[] {
  return columns.map((column, index) =>
    cells.reduce((most, row) => Math.max(most, columnsOf(row[index] ?? "")), columnsOf(column.title)),
  );
}

/** Takes the shortage from the flexible columns, always from the one that is widest for its share. */
function shrunk<Row>(columns: readonly Column<Row>[], natural: readonly number[], width: number): number[] {
  const widths = [...natural];
  const share = (index: number): number => {
    const flex = columns[index]?.flex ?? 0;
    const own = widths[index] ?? 0;
    return flex > 0 && own > narrowest ? own / flex : 0;
  };
  let shortage = sumOf(widths) - width;
  for (; shortage > 0; shortage--) {
    const widest = columns.reduce((best, _, index) => (share(index) > share(best) ? index : best), 0);
    if (share(widest) === 0) break;
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
  return widths;
}
